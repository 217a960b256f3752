//! What holders do with their own account.

use axum::Json;
use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_register::{Account, Consent, Matter};

use super::auth::{Holder, HolderDevice};
use super::holder_devices::DeviceOfHolder;
use super::holder_events::read_event;
use super::problem::Refusal;
use super::query::{QueryOf, read_where_given};
use super::refusals::{Missing, Problems};
use super::{App, Problem};
use crate::holders::{self, AccountAsked, UseShown};
use crate::issuance::read_passes;
use crate::scans::read_receipt;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AccountSeen {
    /// The newest event of the account that the wallet has shown.
    seen: Option<String>,
    /// The passes that the device holds, 28 bytes each as base64url: the end of the day (8), the index (4),
    /// the digest of the device key (16); at most 32.
    passes: Option<String>,
    /// Asks for the holder's masked name: a wallet says so whose holder chose to see it.
    #[serde(default)]
    masked_name: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct HolderAccount {
    account: Account,
    /// How identity was proven, 1 to 4.
    identity_level: u8,
    /// The holder's name with all but the surname masked, where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    masked_name: Option<String>,
    /// The device that asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<DeviceOfHolder>,
    /// How many devices there are.
    devices: usize,
    /// Events that are newer than `seen`, or all without it; 100 are counted.
    unseen_events: usize,
    /// Whether passes of this device were revoked that none has replaced, or are not in the register as it
    /// is: the device asks for a new strip.
    lacks_passes: bool,
    /// Unix seconds.
    server_time: u64,
}

/// The holder's own account.
#[utoipa::path(get, path = "/v1/holder", tag = "holder",
    operation_id = "holder_account", security(("holder" = [])),
    params(AccountSeen), responses(
    (status = 200, body = HolderAccount),
    Problems, Missing,
))]
pub(super) async fn account(
    HolderDevice(holder): HolderDevice,
    State(service): State<App>,
    QueryOf(AccountSeen { seen, passes, masked_name }): QueryOf<AccountSeen>,
) -> Result<Json<HolderAccount>, Refusal> {
    let passes = read_passes(&passes.unwrap_or_default())
        .ok_or_else(|| Problem::BadRequest.about("passes"))?;
    let seen = read_where_given(seen.as_deref(), "seen", read_event)?;
    let shown = holders::account(&service, holder, AccountAsked { seen, passes, masked_name });
    let shown = shown.await?;
    Ok(Json(HolderAccount {
        account: shown.account,
        identity_level: shown.identity_level,
        masked_name: shown.masked_name,
        device: shown.device.map(|device| DeviceOfHolder::of(device, Some(holder.device))),
        devices: shown.devices,
        unseen_events: shown.unseen_events,
        lacks_passes: shown.lacks_passes,
        server_time: shown.at,
    }))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UsesAsked {
    /// The last receipt of the page before.
    before: Option<String>,
}

/// Who scanned the holder's code, where and when, and what they were given: names of claims, no values.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct UseView {
    receipt: String,
    venue: String,
    /// The venue's name, as the holder was asked with it, or as it was at the scan.
    venue_name: String,
    /// Its name of today, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    venue_name_now: Option<String>,
    /// The venue's site where the code was scanned: its name then.
    #[serde(skip_serializing_if = "Option::is_none")]
    site_name: Option<String>,
    /// The site's name of today, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    site_name_now: Option<String>,
    scene: u16,
    scene_zh: String,
    scene_en: String,
    /// The verdict's reason.
    reason: String,
    /// The names of the claims that the venue received.
    claims: Vec<String>,
    consent: Consent,
    #[serde(skip_serializing_if = "Option::is_none")]
    matter: Option<Matter>,
    /// Whether a device without connection decided.
    offline: bool,
    /// Whether this is a notice of a lawful check: made for a named case, without asking the holder.
    notice: bool,
    /// Whether the holder reported it.
    reported: bool,
    /// Unix seconds.
    at: u64,
}

impl From<UseShown> for UseView {
    fn from(shown: UseShown) -> Self {
        let found = shown.found;
        Self {
            receipt: BASE64URL_NOPAD.encode(&found.receipt),
            venue: found.venue,
            venue_name: shown.venue_name,
            venue_name_now: shown.venue_name_now,
            site_name: shown.site_name,
            site_name_now: shown.site_name_now,
            scene: found.scene,
            scene_zh: shown.scene_zh,
            scene_en: shown.scene_en,
            reason: found.reason,
            claims: found.claims,
            consent: found.consent,
            matter: found.matter,
            offline: found.offline,
            notice: shown.notice,
            reported: found.reported_at.is_some(),
            at: found.at,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Uses {
    /// The newest first, at most 100.
    uses: Vec<UseView>,
}

/// Every use of the holder's identity in the last six months (谁查了我).
#[utoipa::path(get, path = "/v1/holder/uses", tag = "holder",
    operation_id = "holder_uses", security(("holder" = [])),
    params(UsesAsked), responses(
    (status = 200, body = Uses),
    Problems,
))]
pub(super) async fn uses(
    Holder(id): Holder,
    State(service): State<App>,
    QueryOf(UsesAsked { before }): QueryOf<UsesAsked>,
) -> Result<Json<Uses>, Refusal> {
    let before = read_where_given(before.as_deref(), "before", read_receipt)?;
    let uses = holders::uses(&service, id, before).await?;
    Ok(Json(Uses { uses: uses.into_iter().map(UseView::from).collect() }))
}
