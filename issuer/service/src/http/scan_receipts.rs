//! Receipts of scans, signed for either side: the same words, and no claim values.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use szid_api::paths;
use szid_protocol::scan_receipt::TYP;
use szid_register::ReceiptId;

use super::auth::Holder;
use super::problem::Refusal;
use super::refusals::Problems;
use super::{App, Problem};
use crate::access::VenueDevice;
use crate::receipts::ScanReceipts;
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
) -> Result<Response, Refusal> {
    Ok(answer(receipts(&service).of_venue(&caller.venue.id, read(id)?).await?))
}

/// The receipt of a use of the holder's identity. `NOT_FOUND` for other persons' receipts.
#[utoipa::path(get, path = paths::RECEIPT_OF_HOLDER, tag = "holder",
    operation_id = "receipt_of_holder", security(("holder" = [])),
    params(("id" = String, Path, description = "The receipt's id, as the list of uses names it")), responses(
    (status = 200, content_type = "application/szid-scan-receipt+cwt", body = [u8]),
    Problems,
))]
pub(super) async fn of_holder(
    Holder(person): Holder,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    Ok(answer(receipts(&service).of_holder(person, read(id)?).await?))
}

fn read(id: Result<Path<String>, PathRejection>) -> Result<ReceiptId, Problem> {
    let Path(id) = id.map_err(|_| Problem::NotFound)?;
    read_receipt(&id).ok_or(Problem::NotFound)
}

fn receipts(service: &Service) -> ScanReceipts<'_> {
    let Service { common, keys, .. } = service;
    ScanReceipts { store: &*common.store, signer: &*keys.receipt, clock: &*common.clock }
}

fn answer(signed: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, TYP)], signed).into_response()
}
