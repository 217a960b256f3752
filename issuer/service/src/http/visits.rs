//! The reverse flow: the citizen scans the venue's code, sees who asks what, and confirms; the desk's screen
//! shows the verdict.

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::IntoResponse;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use szid_api::paths;
use szid_api::venues::{VenueQuestion, VenueView, VisitRequest, VisitTold};

use super::App;
use super::auth::{Holder, HolderDevice};
use super::body::JsonBody;
use super::problem::Refusal;
use super::query::{QueryOf, read_where_given};
use super::refusals::{Conflict, Problems, Unprocessable};
use crate::access::{Admission, VenueDevice};
use crate::scans::{ScanAnswer, read_receipt};
use crate::visits::{self, Unseen, VenueAsks};

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Following {
    /// Seconds to hold the request open while there is nothing to show; at most 25.
    #[serde(default)]
    wait: u64,
    /// Where the last answer said to go on, or the receipt of the last visit that was shown.
    after: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct VisitList {
    /// The oldest first. Each is there for a minute for every window of the desk; a request without `after`
    /// gets those that no request has named as seen.
    #[schema(value_type = Vec<ScanAnswer>)]
    visits: Vec<Value>,
    /// To be named as `after` next time, also where there was nothing: so each window of a desk gets every
    /// visit once.
    next: String,
}

/// The verdicts of citizens who scanned this desk's code. As long as a desk asks for them, citizens can
/// confirm here.
#[utoipa::path(get, path = "/v1/visits", tag = "scans",
    operation_id = "venue_visits", security(("venue" = []), ("console" = [])),
    params(Following), responses(
    (status = 200, body = VisitList),
    Problems,
))]
pub(super) async fn visits(
    caller: VenueDevice,
    State(service): State<App>,
    Extension(admission): Extension<Admission>,
    QueryOf(Following { wait, after }): QueryOf<Following>,
) -> Result<impl IntoResponse, Refusal> {
    let after = read_where_given(after.as_deref(), "after", read_receipt)?;
    let unseen = visits::follow(&service.visits, &caller, &admission, after, wait).await?;
    let Unseen { visits, next } = unseen;
    let visits = visits.into_iter().map(|visit| visit.answer).collect();
    let next = BASE64URL_NOPAD.encode(&next);
    Ok(Json(VisitList { visits, next }))
}

/// What a venue's code asks for. Nothing is recorded, and the venue learns nothing.
#[utoipa::path(post, path = paths::VENUE, tag = "holder",
    operation_id = "read_venue_code", security(("holder" = [])),
    request_body = VenueQuestion, responses(
    (status = 200, body = VenueView),
    Problems, Conflict, Unprocessable,
))]
pub(super) async fn venue(
    Holder(person): Holder,
    State(service): State<App>,
    JsonBody(VenueQuestion { venue_code }): JsonBody<VenueQuestion>,
) -> Result<impl IntoResponse, Refusal> {
    let asks = visits::read(&service.visits, person, &venue_code).await?;
    let VenueAsks { caller, scene, scene_zh, scene_en, claims, .. } = asks;
    let view = VenueView {
        venue: caller.venue.id.clone(),
        venue_name: caller.venue.name.clone(),
        site_name: caller.site_name(),
        device: caller.device.clone(),
        scene,
        scene_zh,
        scene_en,
        claims,
        tier: asks.tier,
        retention_days: asks.retention_days,
        nonce: BASE64URL_NOPAD.encode(&asks.nonce),
        followed: asks.followed,
    };
    Ok(Json(view))
}

/// Confirms: the code is judged as any scan at that desk is, and the desk's screen shows the verdict.
#[utoipa::path(post, path = paths::VISITS, tag = "holder", security(("holder" = [])),
    request_body = VisitRequest, responses(
    (status = 200, body = VisitTold),
    Problems, Conflict, Unprocessable,
))]
pub(super) async fn visit(
    HolderDevice(holder): HolderDevice,
    State(service): State<App>,
    JsonBody(VisitRequest { venue_code, code }): JsonBody<VisitRequest>,
) -> Result<Json<VisitTold>, Refusal> {
    let answer = visits::confirm(&service.visits, holder, &venue_code, code).await?;
    let ScanAnswer { decision, reason, text, citizen, receipt, at, .. } = answer;
    let (decision, reason) = (decision.into(), reason.into());
    Ok(Json(VisitTold { decision, reason, text, citizen, receipt, at }))
}
