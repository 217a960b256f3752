//! The desk console's session: opened with a venue device's credential, named by a cookie from then on.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use szid_protocol::scene::ConsentRule;

use super::auth::hash_secret;
use super::body::JsonBody;
use super::refusals::{Forbidden, Problems, Unauthorized};
use super::sessions::{PageSessions, check_token};
use super::{App, Problem};
use crate::access::{VenueDevice, venue_device};
use crate::service::Service;

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct SignIn {
    /// The bearer secret of a venue's device.
    credential: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct VenueName {
    id: String,
    name: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct SceneName {
    id: u16,
    name_zh: String,
    name_en: String,
    /// `none`, `notice` or `ask`: what is asked of the citizen before claims leave the register.
    consent: &'static str,
    /// The most claims that the venue may receive, by their numbers.
    claims: Vec<u16>,
    /// Whether the code must answer a challenge that the venue shows.
    challenge: bool,
    /// Whether a scan names its operator, purpose and case number.
    case: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct SessionAnswer {
    /// To be sent as `X-CSRF-Token` with everything that changes something.
    csrf: String,
    /// When the session ends, Unix seconds.
    expires: u64,
    venue: VenueName,
    /// The device's label.
    device: String,
    /// Where the device stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    site_name: Option<String>,
    /// The device's scenes that are in force.
    scenes: Vec<SceneName>,
}

fn describe(
    service: &Service,
    caller: VenueDevice,
    csrf: String,
    expires: u64,
) -> Json<SessionAnswer> {
    let policies = service.publication.scenes.current();
    let named = caller.venue.scenes.iter().filter_map(|id| policies.policies.scene(*id).ok());
    let scenes = named.map(|policy| SceneName {
        id: policy.id,
        name_zh: policy.name_zh.clone(),
        name_en: policy.name_en.clone(),
        consent: match policy.consent {
            ConsentRule::None => "none",
            ConsentRule::Notice => "notice",
            ConsentRule::Ask => "ask",
        },
        claims: policy.claims.clone(),
        challenge: policy.challenge,
        case: policy.case,
    });
    Json(SessionAnswer {
        csrf,
        expires,
        scenes: scenes.collect(),
        site_name: caller.site_name(),
        venue: VenueName { id: caller.venue.id.clone(), name: caller.venue.name.clone() },
        device: caller.device.clone(),
    })
}

/// Opens a session for a browser. The cookie that is set takes the bearer credential's place in `POST
/// /v1/scans`.
#[utoipa::path(post, path = "/console/session", tag = "console",
    operation_id = "open_console_session", request_body = SignIn, responses(
    (status = 200, body = SessionAnswer, headers(("set-cookie" = String, description = "The session"))),
    Problems, Unauthorized, Forbidden,
))]
pub(super) async fn open(
    State(service): State<App>,
    JsonBody(request): JsonBody<SignIn>,
) -> Result<Response, Problem> {
    let credential = hash_secret(request.credential.trim()).ok_or(Problem::CredentialMissing)?;
    let caller = venue_device(&service.access, credential).await?;
    let (sessions, now) = (PageSessions::of_desks(&service), service.common.clock.now());
    let opened = sessions.open(credential, &*service.common.entropy, now)?;
    let answer = describe(&service, caller, opened.token, opened.expires);
    Ok(([(header::SET_COOKIE, opened.cookie)], answer).into_response())
}

/// The living session that the cookie names: for a page that was loaded again.
#[utoipa::path(get, path = "/console/session", tag = "console",
    operation_id = "console_session", security(("console" = [])), responses(
    (status = 200, body = SessionAnswer),
    Problems,
))]
pub(super) async fn session(
    State(service): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let living = PageSessions::of_desks(&service).find(&headers, service.common.clock.now());
    let living = living.ok_or(Problem::CredentialMissing)?;
    let caller = venue_device(&service.access, living.credential).await?;
    let answer = describe(&service, caller, living.token, living.expires);
    Ok(answer.into_response())
}

/// Ends the session.
#[utoipa::path(delete, path = "/console/session", tag = "console",
    operation_id = "close_console_session", security(("console" = [])),
    params(("X-CSRF-Token" = String, Header, description = "The session's token")), responses(
    (status = 204, description = "It has ended"),
    Problems,
))]
pub(super) async fn close(
    State(service): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let living = PageSessions::of_desks(&service).find(&headers, service.common.clock.now());
    check_token(&living.ok_or(Problem::CredentialMissing)?, &headers)?;
    let cookie = PageSessions::of_desks(&service).close(&headers);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}
