//! Reports of a loss by the holder: always heard, and final for other devices together with a key of the one
//! that reports alone.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use szid_api::account::Account;
use szid_api::losses::{LossReport, LossReported, OtherDevices};
use szid_api::paths;

use super::App;
use super::auth::HolderDevice;
use super::body::without_mark;
use super::idempotency::read_key;
use super::problem::Refusal;
use super::refusals::Problems;
use crate::reports::report_loss;

/// Reports a loss: the account is frozen, whatever else comes with the report. Together with a proof by a key
/// that gives the device's word, the device that reports stays and every other one is ended; without one all
/// are suspended and none is ended. With an `Idempotency-Key` the same report may arrive again, as long as
/// its access token is good: it is answered as it was and changes nothing, whatever became of the account
/// since. One that cannot be used counts as none.
#[utoipa::path(post, path = paths::FREEZE, tag = "holder",
    operation_id = "report_loss", security(("holder" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 64 visible ASCII characters, new for each report")),
    request_body = Option<LossReport>, responses(
    (status = 200, body = LossReported),
    Problems,
))]
pub(super) async fn freeze(
    HolderDevice(holder): HolderDevice,
    State(service): State<App>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<LossReported>, Refusal> {
    let read = |body: Bytes| serde_json::from_slice::<LossReport>(without_mark(&body)).ok();
    let report = body.ok().and_then(read);
    let proofs = report.unwrap_or_default().szid_key_proofs;
    // One that cannot be used counts as none.
    let key = read_key(&headers).ok().flatten();
    let other_devices = match report_loss(&service.issuance, holder, key, proofs).await? {
        szid_register::OtherDevices::Ended => OtherDevices::Ended,
        szid_register::OtherDevices::Suspended => OtherDevices::Suspended,
    };
    Ok(Json(LossReported { account: Account::Frozen, other_devices }))
}
