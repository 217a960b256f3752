//! Reports by the holder of uses that were not theirs, from the list of uses.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use szid_api::paths;

use super::auth::HolderDevice;
use super::problem::Refusal;
use super::refusals::Problems;
use super::{App, Problem};
use crate::reports::report_use;
use crate::scans::read_receipt;

/// Reports a use of the holder's identity: this was not me, or I did not expect it. The city's administrators
/// are told, the venue is not. Reported again it changes nothing. `NOT_FOUND` for other persons' uses,
/// `REPORTS_SPENT` beyond ten new ones within a day; one that was reported with the refusal does not count.
#[utoipa::path(post, path = paths::USE_REPORT, tag = "holder", security(("holder" = [])),
    params(("receipt" = String, Path, description = "The receipt's id, as the list of uses names it")), responses(
    (status = 204, description = "It is kept"),
    Problems,
))]
pub(super) async fn report(
    HolderDevice(holder): HolderDevice,
    State(service): State<App>,
    receipt: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Refusal> {
    let Path(receipt) = receipt.map_err(|_| Problem::NotFound)?;
    let receipt = read_receipt(&receipt).ok_or(Problem::NotFound)?;
    report_use(&service.access, holder, receipt).await?;
    Ok(StatusCode::NO_CONTENT)
}
