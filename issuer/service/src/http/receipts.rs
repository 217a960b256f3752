//! Receipts of devices that decided without connection, uploaded later.

use axum::Json;
use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_register::{Objection, ReceiptsKept};

use super::App;
use super::body::JsonBody;
use super::problem::Refusal;
use super::refusals::Problems;
use crate::access::VenueDevice;
use crate::receipts::{self, Dealt, Standing};

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct Upload {
    /// Signed receipts as base64url, in the order of their numbers; at most 100.
    #[schema(max_items = 100)]
    receipts: Vec<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ReceiptStanding {
    /// The highest number of this device's receipts; 0 before the first of the registered key.
    last: u64,
    /// The SHA-256 of the receipt that was kept under it, base64url; left out where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// The venue's id and the device's label of the credential that asks.
    venue: String,
    device: String,
    /// The key id of the registered key, base64url.
    key: String,
    /// Where the registered key has signed none yet: where the count of the keys before it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<CountStanding>,
    /// When two devices were last seen to use this one's numbers, Unix seconds; left out where that was not
    /// in the last ten minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict_at: Option<u64>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CountStanding {
    /// The highest number; 0 where this is the device's first key.
    last: u64,
    /// As above.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Uploaded {
    /// The highest number of this device's receipts.
    last: u64,
    /// The SHA-256 of the receipt that was kept under it, base64url; left out where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// How many receipts of this request are dealt with, from its start: these may be forgotten there.
    done: u64,
    /// How many were new.
    kept: u64,
    /// How many were there already.
    known: u64,
    /// How many of the new ones have numbers that were thought lost: another device goes on with the numbers
    /// of this one.
    #[serde(skip_serializing_if = "is_none")]
    late: u64,
    /// As above.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict_at: Option<u64>,
    /// Those that were set aside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    set_aside: Vec<SetAsideView>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_none(number: &u64) -> bool {
    *number == 0
}

/// A receipt that was set aside.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct SetAsideView {
    /// Its place in the request, from 0.
    index: usize,
    /// Its number, where the device's key signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    /// Why: a stable code, listed in `docs/errors.md`.
    reason: &'static str,
}

/// Where this device's count stands: to be asked before the first upload, so that a folder that was put back
/// is found.
#[utoipa::path(get, path = "/v1/receipts", tag = "scans",
    operation_id = "gate_receipts_standing", security(("venue" = [])), responses(
    (status = 200, body = ReceiptStanding),
    Problems,
))]
pub(super) async fn standing(
    caller: VenueDevice,
    State(service): State<App>,
) -> Result<Json<ReceiptStanding>, Refusal> {
    let Standing { key, has_signed, last, digest, conflict_at } =
        receipts::standing(&service, &caller).await?;
    let key = BASE64URL_NOPAD.encode(&key.0);
    let digest = digest.map(|digest| BASE64URL_NOPAD.encode(&digest));
    let (venue, device) = (caller.venue.id.clone(), caller.device.clone());
    Ok(Json(if has_signed {
        ReceiptStanding { last, digest, venue, device, key, before: None, conflict_at }
    } else {
        let before = Some(CountStanding { last, digest });
        ReceiptStanding { last: 0, digest: None, venue, device, key, before, conflict_at }
    }))
}

/// Keeps what this device decided without connection. Every receipt is dealt with: one that cannot count is
/// set aside, and the count goes on. Sending the same receipts again changes nothing. Where the service's own
/// clock is in doubt and a receipt does not fit it, nothing of the upload is dealt with (503
/// `CLOCK_UNCHECKED`): send it again later.
#[utoipa::path(post, path = "/v1/receipts", tag = "scans",
    operation_id = "upload_gate_receipts", security(("venue" = [])),
    request_body = Upload, responses(
    (status = 200, body = Uploaded),
    Problems,
))]
pub(super) async fn upload(
    caller: VenueDevice,
    State(service): State<App>,
    JsonBody(Upload { receipts }): JsonBody<Upload>,
) -> Result<Json<Uploaded>, Refusal> {
    let Dealt { done, conflict_at, outcome } = receipts::keep(&service, caller, receipts).await?;
    let ReceiptsKept { last, digest, kept, known, late, set_aside, .. } = outcome;
    let digest = digest.map(|digest| BASE64URL_NOPAD.encode(&digest));
    let view = |(index, number, objection): (usize, _, Objection)| SetAsideView {
        index,
        number,
        reason: objection.code(),
    };
    let set_aside = set_aside.into_iter().map(view).collect();
    Ok(Json(Uploaded { last, digest, done, kept, known, late, conflict_at, set_aside }))
}
