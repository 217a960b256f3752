//! Where a venue's devices stand, and which of its scenes they scan for.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use szid_register::Station;

use super::requests::AdminRequest;
use super::{answer, read_path};
use crate::administration;
use crate::http::App;
use crate::http::auth::Administrator;
use crate::http::body::JsonBody;
use crate::http::problem::Refusal;
use crate::http::refusals::{Conflict, Problems, Unprocessable};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StationBody {
    /// The id of the site where it stands; nowhere without one.
    #[serde(default)]
    site: Option<String>,
    /// The venue's scenes that it scans for; all of them if there are none.
    #[serde(default)]
    scenes: Vec<u16>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct StationView {
    venue: String,
    device: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<String>,
    scenes: Vec<u16>,
}

/// Says where a device stands, and narrows it to some of the venue's scenes. What is left out is undone. More
/// scenes than it had, or another site than one that is suspended, wait for a second administrator.
#[utoipa::path(put, path = "/v1/admin/venues/{venue}/devices/{device}", tag = "administration",
    operation_id = "place_device",
    params(("venue" = String, Path, description = "The venue's id"),
        ("device" = String, Path, description = "The device's label, as in its credential")),
    security(("administrator" = [])), request_body = StationBody, responses(
    (status = 200, body = StationView),
    (status = 202, body = AdminRequest),
    Problems, Conflict, Unprocessable,
))]
pub(crate) async fn put(
    Administrator(name): Administrator,
    State(service): State<App>,
    path: Result<Path<(String, String)>, PathRejection>,
    JsonBody(StationBody { site, scenes }): JsonBody<StationBody>,
) -> Result<Response, Refusal> {
    let (venue, device) = read_path(path)?;
    let station = Station { venue, device, site, scenes };
    let acted = administration::place_device(&service.common, name, station).await?;
    let view =
        |Station { venue, device, site, scenes }| StationView { venue, device, site, scenes };
    Ok(answer(acted.map(view)))
}
