//! What holders do with their own account.

use axum::Json;
use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_identity::claims::mask_name;
use szid_register::{Account, Consent, IdentityUse, Matter, PlaceNames};

use super::auth::{Holder, HolderDevice};
use super::holder_devices::DeviceOfHolder;
use super::holder_events::read_event;
use super::problem::Refusal;
use super::query::{QueryOf, read_where_given};
use super::refusals::{Missing, Problems};
use super::{App, Problem};
use crate::devices::count_unseen;
use crate::issuance::read_passes;
use crate::persons::open_identity;
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
    let now = service.clock.now();
    let mut lacks_passes = service.store.lacks_passes(holder, now).await?;
    for (exp, index, key) in passes {
        // A register that was put back may not know it, or know it as somebody else's.
        let found = service.store.pass_holder(exp, index, key).await?;
        lacks_passes |= found.is_none_or(|of| of.id != holder.person);
    }
    let person = service.store.person(holder.person).await?.ok_or(Problem::NotFound)?;
    let masked_name = match masked_name {
        true => Some(mask_name(&open_identity(&service.register_key, &person)?.name)),
        false => None,
    };
    let devices = service.store.devices(holder.person, now).await?;
    let count = devices.len();
    let this = devices.into_iter().find(|device| device.id == holder.device);
    Ok(Json(HolderAccount {
        account: person.account,
        identity_level: person.identity_level(now),
        masked_name,
        device: this.map(|device| DeviceOfHolder::of(device, Some(holder.device))),
        devices: count,
        unseen_events: count_unseen(&*service.store, holder.person, seen).await?,
        lacks_passes,
        server_time: now,
    }))
}

/// The most uses that one answer holds.
const MAX_USES: usize = 100;

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
    let scenes = service.scenes.current();
    let mut uses = Vec::new();
    for found in service.store.uses(id, before, MAX_USES).await? {
        let IdentityUse {
            venue,
            scene,
            reason,
            claims,
            consent,
            matter,
            offline,
            at,
            site,
            names,
            reported_at,
            ..
        } = found;
        let (scene_zh, scene_en) = scenes.names(scene);
        let site = match &site {
            Some(id) => service.store.site(&venue, id).await?,
            None => None,
        };
        let site_now = site.map(|site| site.name);
        let venue_now = service.store.venue(&venue).await?.map(|venue| venue.name);
        let (venue_name, site_name) = match names {
            Some(PlaceNames { venue, site }) => (venue, site),
            // Of a version that kept none.
            None => (venue_now.clone().unwrap_or_default(), site_now.clone()),
        };
        uses.push(UseView {
            receipt: BASE64URL_NOPAD.encode(&found.receipt),
            venue,
            venue_name_now: venue_now.filter(|now| *now != venue_name),
            venue_name,
            site_name_now: site_now.filter(|now| Some(now) != site_name.as_ref()),
            site_name,
            scene,
            scene_zh,
            scene_en,
            reason,
            claims,
            consent,
            notice: matter.is_some() && consent == Consent::NotAsked,
            matter,
            offline,
            reported: reported_at.is_some(),
            at,
        });
    }
    Ok(Json(Uses { uses }))
}
