//! What holders do with their own account.

use axum::Json;
use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use szid_api::account::{self, HolderAccount, LevelStep, LevelUp};
use szid_api::paths;
use szid_api::uses::{UseView, Uses};
use szid_register::Account;

use super::auth::{Holder, HolderDevice};
use super::consents::wire_matter;
use super::holder_devices::wire_device;
use super::holder_events::read_event;
use super::problem::Refusal;
use super::query::{QueryOf, read_where_given};
use super::refusals::{Missing, Problems};
use super::{App, Problem};
use crate::holders::{self, AccountAsked, LevelPath, UseShown};
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

/// The holder's own account.
#[utoipa::path(get, path = paths::HOLDER, tag = "holder",
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
    let shown = holders::account(
        &service.common,
        &service.levels,
        holder,
        AccountAsked { seen, passes, masked_name },
    );
    let shown = shown.await?;
    Ok(Json(HolderAccount {
        state: wire_account(shown.account),
        identity_level: shown.identity_level,
        level_falls_at: shown.level_falls_at,
        level_up: shown.level_up.map(wire_path),
        level_renewal: shown.level_renewal.map(wire_path),
        masked_name: shown.masked_name,
        device: shown.device.map(|device| wire_device(device, Some(holder.device))),
        devices: shown.devices,
        unseen_events: shown.unseen_events,
        lacks_passes: shown.lacks_passes,
        server_time: shown.at,
    }))
}

fn wire_path(path: LevelPath) -> LevelUp {
    let steps = path.steps.into_iter().map(|way| LevelStep {
        connector: way.connector,
        method: way.method,
        name_zh: way.name_zh,
        name_en: way.name_en,
    });
    LevelUp { level: path.level, steps: steps.collect() }
}

/// An account's state, as it is told.
pub(super) fn wire_account(account: Account) -> account::Account {
    match account {
        Account::Active => account::Account::Active,
        Account::Frozen => account::Account::Frozen,
        Account::Revoked => account::Account::Revoked,
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UsesAsked {
    /// The last receipt of the page before.
    before: Option<String>,
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
            consent: found.consent.word().into(),
            matter: found.matter.map(wire_matter),
            offline: found.offline,
            notice: shown.notice,
            reported: found.reported_at.is_some(),
            at: found.at,
        }
    }
}

/// Every use of the holder's identity in the last six months (谁查了我).
#[utoipa::path(get, path = paths::USES, tag = "holder",
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
    let uses = holders::uses(&service.common, &service.publication, id, before).await?;
    Ok(Json(Uses { uses: uses.into_iter().map(UseView::from).collect() }))
}
