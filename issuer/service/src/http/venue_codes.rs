//! Venue codes: what a desk prints or shows for phones to read (docs/protocol/venue-codes.md).

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::{Deserialize, Serialize};
use szid_protocol::code::Challenge;
use szid_protocol::day::DAY;
use szid_protocol::trust::Purpose;
use szid_protocol::venue::{NONCE_BYTES, VenueCode};

use super::body::JsonBody;
use super::problem::Refusal;
use super::refusals::Problems;
use super::scans::scene_of;
use super::{App, Problem};
use crate::access::VenueDevice;
use crate::service::Service;
use crate::verification::answered;

/// A rotating code is new after so many seconds, and is taken for so many windows: reading, confirming and
/// scanning take time.
const WINDOW: u64 = 30;
const WINDOWS: u64 = 5;
const PRINTED_DAYS: u32 = 90;
const MAX_PRINTED_DAYS: u32 = 366;

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
    caller.pay(&service, 1)?;
    let now = service.clock.now();
    let scene = scene_of(&caller.venue, request.scene)?;
    let days = request.days.unwrap_or(PRINTED_DAYS);
    if !(1..=MAX_PRINTED_DAYS).contains(&days) {
        return Err(Problem::BadRequest.about("days").into());
    }
    let window = now / WINDOW;
    let (nonce, exp) = if request.printed {
        // It would be refused once its key has ended, whatever it says itself.
        let key = service.keys.venue.public_key();
        let trust = service.trusted().map_err(|_| Problem::Busy)?;
        let end = trust.listed_until(&key, Purpose::Venue, now).unwrap_or(u64::MAX);
        (None, end.min(now + u64::from(days) * DAY))
    } else {
        let nonce = nonce(&service, &caller.venue.id, &caller.device, scene, window);
        (Some(nonce), (window + WINDOWS - 1) * WINDOW)
    };
    let (venue, device) = (caller.venue.id.clone(), caller.device.clone());
    let code = VenueCode { exp, iat: now, nonce, venue, device, scene };
    let digits = code.sign(&*service.keys.venue).map_err(|error| {
        tracing::error!(%error, "a venue code cannot be signed");
        Problem::Internal
    })?;
    let drawn = QrCode::with_error_correction_level(&digits, EcLevel::M);
    let drawn = drawn.map_err(|_| Problem::internal("a venue code does not fit a QR"))?;
    let svg = drawn.render::<svg::Color<'_>>().module_dimensions(1, 1).build();
    let refresh_in = (!request.printed).then(|| WINDOW - now % WINDOW);
    let made = VenueCodeMade { digits, svg, scene, refresh_in, expires: exp };
    Ok(Json(made))
}

/// What a desk's screen shows in a window; every process of the service computes the same.
fn nonce(
    service: &Service,
    venue: &str,
    device: &str,
    scene: u16,
    window: u64,
) -> [u8; NONCE_BYTES] {
    // No name holds a zero byte.
    let (window, scene) = (window.to_be_bytes(), scene.to_be_bytes());
    let content: [&[u8]; 6] =
        [b"shown\0", &window, &scene, venue.as_bytes(), &[0], device.as_bytes()];
    service.register_key.derive_challenge(&content.concat())
}

/// The challenge that a citizen's code answers, if this desk has shown it within the last windows.
pub(super) fn shown(
    service: &Service,
    caller: &VenueDevice,
    scene: u16,
    code: &str,
    now: u64,
) -> Option<Challenge> {
    let newest = now / WINDOW;
    let windows = newest.saturating_sub(WINDOWS - 1)..=newest;
    let nonces = windows.map(|at| nonce(service, &caller.venue.id, &caller.device, scene, at));
    answered(code, &caller.venue.id, nonces)
}
