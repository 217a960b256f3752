//! Receipts of scans, signed for either side: the same words, and no claim values.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use szid_protocol::scan_receipt::{ScanReceipt, TYP};
use szid_register::{IdentityUse, ReceiptId};

use super::auth::Holder;
use super::refusals::Problems;
use super::{App, Problem};
use crate::access::VenueDevice;
use crate::scans::read_receipt;
use crate::service::Service;

/// The receipt of a scan of this venue with a connection; gates sign their own. `NOT_FOUND` for other venues'
/// receipts.
#[utoipa::path(get, path = "/v1/receipts/{id}", tag = "scans",
    operation_id = "receipt_of_venue", security(("venue" = []), ("console" = [])),
    params(("id" = String, Path, description = "The receipt's id, as the scan was answered")), responses(
    (status = 200, content_type = "application/szid-scan-receipt+cwt", body = [u8]),
    Problems,
))]
pub(super) async fn of_venue(
    caller: VenueDevice,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let kept = service.store.scan_of(&caller.venue.id, read(id)?).await?;
    answer(&service, kept)
}

/// The receipt of a use of the holder's identity. `NOT_FOUND` for other persons' receipts.
#[utoipa::path(get, path = "/v1/holder/receipts/{id}", tag = "holder",
    operation_id = "receipt_of_holder", security(("holder" = [])),
    params(("id" = String, Path, description = "The receipt's id, as the list of uses names it")), responses(
    (status = 200, content_type = "application/szid-scan-receipt+cwt", body = [u8]),
    Problems,
))]
pub(super) async fn of_holder(
    Holder(person): Holder,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let kept = service.store.use_of(person, read(id)?).await?;
    answer(&service, kept)
}

fn read(id: Result<Path<String>, PathRejection>) -> Result<ReceiptId, Problem> {
    let Path(id) = id.map_err(|_| Problem::NotFound)?;
    read_receipt(&id).ok_or(Problem::NotFound)
}

fn answer(service: &Service, kept: Option<IdentityUse>) -> Result<Response, Problem> {
    let IdentityUse { receipt, venue, device, scene, reason, claims, consent, at, .. } =
        kept.ok_or(Problem::NotFound)?;
    let consent = consent.word().to_owned();
    let signed_at = service.clock.now();
    let receipt =
        ScanReceipt { signed_at, at, id: receipt, venue, device, scene, reason, consent, claims };
    let signed = receipt.sign(&*service.keys.receipt).map_err(|error| {
        tracing::error!(%error, "a receipt cannot be signed");
        Problem::Internal
    })?;
    Ok(([(header::CONTENT_TYPE, TYP)], signed).into_response())
}
