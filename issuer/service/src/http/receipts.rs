//! Receipts of devices that decided without connection, uploaded later.

use axum::Json;
use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_protocol::key::PublicKey;
use szid_protocol::receipt::Receipt;
use szid_verifier::AwsLcBackend;

use super::auth::VenueDevice;
use super::body::JsonBody;
use super::problem::Problems;
use super::{App, Problem};

/// The most receipts of one request.
const MAX_RECEIPTS: usize = 100;

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct Upload {
    /// Signed receipts as base64url, in the order of their numbers; at most 100.
    #[schema(max_items = 100)]
    receipts: Vec<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Uploaded {
    /// The number of this device's last receipt that is kept: everything up to it may be forgotten there.
    last: u64,
    /// How many were new.
    kept: u64,
    /// How many were there already.
    known: u64,
}

/// Keeps what this device decided without connection. Sending the same receipts again changes nothing.
#[utoipa::path(post, path = "/v1/receipts", tag = "scans", security(("venue" = [])),
    request_body = Upload, responses(
    (status = 200, body = Uploaded),
    Problems,
))]
pub(super) async fn upload(
    caller: VenueDevice,
    State(service): State<App>,
    JsonBody(Upload { receipts }): JsonBody<Upload>,
) -> Result<Json<Uploaded>, Problem> {
    if receipts.len() > MAX_RECEIPTS {
        return Err(Problem::TooLarge);
    }
    let gate = service.store.gate(&caller.venue.id, &caller.device).await?;
    let gate = gate.ok_or(Problem::GateUnknown)?;
    let key = PublicKey::from_compressed(&gate.key).map_err(|_| Problem::GateUnknown)?;
    let read = |text: String| {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| Problem::ReceiptInvalid)?;
        let receipt =
            Receipt::verify(&bytes, &key, &AwsLcBackend).map_err(|_| Problem::ReceiptInvalid)?;
        let own = receipt.venue == caller.venue.id && receipt.device == caller.device;
        if own { Ok(receipt) } else { Err(Problem::ReceiptForeign) }
    };
    let receipts = receipts.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let kept = service.store.keep_receipts(receipts, service.clock.now()).await?;
    for receipt in &kept.doubles {
        service.metrics.double_uses.inc();
        let receipt = BASE64URL_NOPAD.encode(receipt);
        tracing::warn!(receipt, "two devices without connection accepted the same code");
    }
    // Where nothing was sent, nothing was counted.
    let last = kept.last.max(gate.last);
    Ok(Json(Uploaded { last, kept: kept.kept, known: kept.known }))
}
