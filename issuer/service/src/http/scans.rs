//! Scans of venues, and many of them at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::App;
use super::body::JsonBody;
use super::idempotency::sent_key;
use super::problem::Refusal;
use super::refusals::{Problems, Unprocessable};
use crate::access::{Admission, VenueDevice};
use crate::scans::{self, ScanAnswer, ScanRequest};

/// Verifies one code. A refused code is not an error: it is answered with a verdict.
///
/// Where the scene asks the citizen, the answer comes once they have answered, or the scene's time is over.
/// With an `Idempotency-Key` the same request can be sent again for a day: it gets the same verdict and
/// receipt, asks nobody again and counts once. The values of claims are repeated for two minutes, and not
/// once account, credential, venue or site have changed.
#[utoipa::path(post, path = "/v1/scans", tag = "scans", security(("venue" = []), ("console" = [])),
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,64}$", description = "1 to 64 visible ASCII characters, new for each scan")),
    request_body = ScanRequest, responses(
    (status = 200, body = ScanAnswer),
    Problems, Unprocessable,
))]
pub(super) async fn scan(
    caller: VenueDevice,
    State(service): State<App>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<ScanRequest>,
) -> Result<Json<ScanAnswer>, Refusal> {
    let key = sent_key(&headers);
    Ok(Json(scans::scan(Arc::clone(&service.scans), caller, admission, request, key).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct BatchRequest {
    /// At most 100.
    #[schema(max_items = 100)]
    scans: Vec<ScanRequest>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct BatchAnswer {
    /// In the order of the scans.
    verdicts: Vec<ScanAnswer>,
}

/// Verifies many codes, for turnstiles and ticket gates. No claims are given, and scenes that ask the citizen
/// are refused here. A request that is wrong in one scan is refused as a whole, before any code is looked at.
#[utoipa::path(post, path = "/v1/scans/batch", tag = "scans",
    operation_id = "scan_batch", security(("venue" = []), ("console" = [])),
    request_body = BatchRequest, responses(
    (status = 200, body = BatchAnswer),
    Problems, Unprocessable,
))]
pub(super) async fn batch(
    caller: VenueDevice,
    State(service): State<App>,
    JsonBody(request): JsonBody<BatchRequest>,
) -> Result<Json<BatchAnswer>, Refusal> {
    let verdicts = scans::batch(Arc::clone(&service.scans), caller, request.scans).await?;
    Ok(Json(BatchAnswer { verdicts }))
}
