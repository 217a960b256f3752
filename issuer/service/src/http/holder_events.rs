//! What happened to the holder's account.

use axum::Json;
use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use szid_api::events::{EventView, Events};
use szid_api::paths;
use szid_register::{AccountEvent, EventAuthor, EventId, EventKind};

use super::App;
use super::auth::Holder;
use super::problem::Refusal;
use super::query::{QueryOf, read_where_given};
use super::refusals::Problems;
use crate::holders;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsAsked {
    /// The last event of the page before.
    before: Option<String>,
}

fn wire_event(event: AccountEvent) -> EventView {
    let (word, mut zh, mut en) = words(event.kind);
    if (event.kind, event.by) == (EventKind::Frozen, EventAuthor::Service) {
        // No counter did it and nobody reported a loss: `szid admin restored` did.
        (zh, en) = FROZEN_BY_RESTORE;
    }
    EventView {
        id: BASE64URL_NOPAD.encode(&event.id),
        event: word.into(),
        zh: zh.into(),
        en: en.into(),
        device: event.device,
        by: event.by.word().into(),
        at: event.at,
        times: (event.times > 1).then_some(event.times),
    }
}

/// What a freeze is called that the service made by itself.
const FROZEN_BY_RESTORE: (&str, &str) = (
    "本市数据恢复备份后有待核查，账户已冻结",
    "The account was frozen until a counter has looked at it: the city's data were put back from a backup",
);

fn words(kind: EventKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        EventKind::Enrolled => ("enrolled", "首次申领", "Enrolled at a counter"),
        EventKind::EnrolmentAsked => {
            ("enrolment_asked", "有窗口为您申请新设备", "A counter asked for a new device of yours")
        }
        EventKind::EnrolmentRefused => {
            ("enrolment_refused", "新设备申请已拒绝", "The new device was refused")
        }
        EventKind::EnrolmentConfirmed => {
            ("enrolment_confirmed", "新设备申请已确认", "The new device was confirmed")
        }
        EventKind::DeviceAdded => ("device_added", "新增设备", "A device was added"),
        EventKind::DeviceEnded => (
            "device_ended",
            "设备已停用，其市民码作废",
            "A device was ended, and its codes with it",
        ),
        EventKind::Frozen => ("frozen", "账户已冻结", "The account was frozen"),
        EventKind::Active => ("active", "账户恢复使用", "The account is active again"),
        EventKind::Revoked => ("revoked", "账户已注销", "The account was revoked"),
        EventKind::NameChanged => ("name_changed", "登记姓名已变更", "The name was changed"),
        EventKind::LevelChanged => {
            ("level_changed", "认证等级已变更", "The identity level was changed")
        }
        EventKind::DetailsChanged => {
            ("details_changed", "登记信息已变更", "Other details were changed")
        }
        EventKind::ChangeAsked => (
            "change_asked",
            "有窗口申请变更登记信息",
            "A counter asked to change what is kept of you",
        ),
        EventKind::ChangeRefused => {
            ("change_refused", "变更登记信息已拒绝", "The change was refused")
        }
        EventKind::EnrolmentApproved => (
            "enrolment_approved",
            "您已同意新设备申请",
            "The new device was approved on a phone of yours",
        ),
        EventKind::DeviceCopied => (
            "device_copied",
            "设备的旧凭据再次出现，可能被复制；设备已停用，其市民码暂停使用",
            "An old token of a device came back and may have been copied: the device was ended, and its codes are refused",
        ),
        EventKind::PassesRefused => (
            "passes_refused",
            "这台设备反复领取市民码，当日已领满；不是您本人操作的，请停用这台设备",
            "This device asked for passes again and again and gets no more for some days: end it if that was not you",
        ),
        EventKind::DeviceReturned => (
            "device_returned",
            "本市数据恢复备份后，这台设备重新连接；不是您本人操作的，请停用这台设备",
            "This device came back after the city's data were put back from a backup: end it if that was not you",
        ),
        EventKind::DevicesRead => (
            "devices_read",
            "有窗口查看了您的设备列表",
            "A counter looked at the list of your devices",
        ),
        EventKind::IdentityProven => (
            "identity_proven",
            "您通过认证机构核实了身份",
            "You had your identity proven by a party that the city trusts",
        ),
        EventKind::PassesUnproven => (
            "passes_unproven",
            "这台设备领取了新的市民码，但没有用原有密钥证明是本机；没有换过锁屏方式、重置过系统的，凭据可能被复制，请停用这台设备",
            "New passes were given for keys that this device did not vouch for: unless its screen lock or system was reset, its tokens may have been copied, so end it",
        ),
    }
}

/// Enrolments, devices, freezes and changes of the last six months: words, and no personal data.
#[utoipa::path(get, path = paths::EVENTS, tag = "holder",
    operation_id = "holder_events", security(("holder" = [])),
    params(EventsAsked), responses(
    (status = 200, body = Events),
    Problems,
))]
pub(super) async fn events(
    Holder(person): Holder,
    State(service): State<App>,
    QueryOf(EventsAsked { before }): QueryOf<EventsAsked>,
) -> Result<Json<Events>, Refusal> {
    let before = read_where_given(before.as_deref(), "before", read_event)?;
    let events = holders::events(&*service.common.store, person, before).await?;
    Ok(Json(Events { events: events.into_iter().map(wire_event).collect() }))
}

pub(super) fn read_event(text: &str) -> Option<EventId> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_word_of_its_own_and_two_texts() {
        let words = EventKind::ALL.map(words);
        for (at, (word, zh, en)) in words.iter().enumerate() {
            assert!(words[..at].iter().all(|(other, ..)| other != word));
            assert!(!zh.is_ascii() && en.is_ascii());
        }
    }
}
