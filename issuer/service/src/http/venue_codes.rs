//! Venue codes for desks, with their drawings.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::{Deserialize, Serialize};

use super::body::JsonBody;
use super::problem::Refusal;
use super::refusals::Problems;
use super::{App, Problem};
use crate::access::VenueDevice;
use crate::visits::{self, CodeAsked, CodeMade};

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct VenueCodeRequest {
    /// One of the venue's scenes; may be left out where it has one only.
    scene: Option<u16>,
    /// True for a code to be printed: it has no nonce and is good for days.
    #[serde(default)]
    printed: bool,
    /// Days that a printed code is good for, 1 to 366; 90 where it is left out.
    #[schema(minimum = 1, maximum = 366)]
    days: Option<u32>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct VenueCodeMade {
    /// The digits, for a program that draws them itself.
    digits: String,
    /// The drawing.
    svg: String,
    /// The scene.
    scene: u16,
    /// Fetch the next one after so many seconds; absent for a printed code.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_in: Option<u64>,
    /// Unix seconds.
    expires: u64,
}

/// Makes a venue code for this desk: one to be printed, or the one that its screen shows now.
#[utoipa::path(post, path = "/v1/venue-codes", tag = "scans",
    operation_id = "make_venue_code", security(("venue" = []), ("console" = [])),
    request_body = VenueCodeRequest, responses(
    (status = 200, body = VenueCodeMade),
    Problems,
))]
pub(super) async fn make(
    caller: VenueDevice,
    State(service): State<App>,
    JsonBody(request): JsonBody<VenueCodeRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let VenueCodeRequest { scene, printed, days } = request;
    let asked = CodeAsked { scene, printed, days };
    let CodeMade { digits, scene, refresh_in, expires } =
        visits::make(&service.visits, &caller, &asked)?;
    let drawn = QrCode::with_error_correction_level(&digits, EcLevel::M);
    let drawn = drawn.map_err(|_| Problem::internal("a venue code does not fit a QR"))?;
    let svg = drawn.render::<svg::Color<'_>>().module_dimensions(1, 1).build();
    Ok(Json(VenueCodeMade { digits, svg, scene, refresh_in, expires }))
}
