//! Receipts of devices that decided without connection, uploaded later.

use axum::Json;
use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use szid_api::paths;
use szid_api::receipts::{CountStanding, ReceiptStanding, SetAsideView, Upload, Uploaded};
use szid_register::{Objection, ReceiptsKept};

use super::App;
use super::body::JsonBody;
use super::problem::Refusal;
use super::refusals::Problems;
use crate::access::VenueDevice;
use crate::receipts::{self, Dealt, Standing};

/// Where this device's count stands: to be asked before the first upload, so that a folder that was put back
/// is found.
#[utoipa::path(get, path = paths::RECEIPTS, tag = "scans",
    operation_id = "gate_receipts_standing", security(("venue" = [])), responses(
    (status = 200, body = ReceiptStanding),
    Problems,
))]
pub(super) async fn standing(
    caller: VenueDevice,
    State(service): State<App>,
) -> Result<Json<ReceiptStanding>, Refusal> {
    let Standing { key, has_signed, last, digest, conflict_at } =
        receipts::standing(&service.common, &caller).await?;
    let key = BASE64URL_NOPAD.encode(&key.0);
    let digest = digest.map(|digest| BASE64URL_NOPAD.encode(&digest));
    let (venue, device) = (Some(caller.venue.id.clone()), Some(caller.device.clone()));
    let scenes = Some(caller.venue.scenes.clone());
    Ok(Json(if has_signed {
        ReceiptStanding { last, digest, venue, device, scenes, key, before: None, conflict_at }
    } else {
        let before = Some(CountStanding { last, digest });
        ReceiptStanding { last: 0, digest: None, venue, device, scenes, key, before, conflict_at }
    }))
}

/// Keeps what this device decided without connection. Every receipt is dealt with: one that cannot count is
/// set aside, and the count goes on. Sending the same receipts again changes nothing. Where the service's own
/// clock is in doubt and a receipt does not fit it, nothing of the upload is dealt with (503
/// `CLOCK_UNCHECKED`): send it again later.
#[utoipa::path(post, path = paths::RECEIPTS, tag = "scans",
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
    let Dealt { done, conflict_at, outcome } =
        receipts::keep(&service.receipts, caller, receipts).await?;
    let ReceiptsKept { last, digest, kept, known, late, set_aside, .. } = outcome;
    let digest = digest.map(|digest| BASE64URL_NOPAD.encode(&digest));
    let view = |(index, number, objection): (usize, _, Objection)| SetAsideView {
        index,
        number,
        reason: objection.code().into(),
    };
    let (done, set_aside) = (Some(done), set_aside.into_iter().map(view).collect());
    Ok(Json(Uploaded { last, digest, done, kept, known, late, conflict_at, set_aside }))
}
