//! The session of the operators' page: opened with an operator's credential, named by a cookie from then on.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use szid_register::OperatorRole;

use crate::access::{Operator, operator};
use crate::http::auth::hash_secret;
use crate::http::body::JsonBody;
use crate::http::refusals::{Forbidden, Problems, Unauthorized};
use crate::http::sessions::{PageSessions, check_token};
use crate::http::{App, Problem};

#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct OperatorSignIn {
    /// The bearer secret of a venue's operator.
    credential: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct OperatorSession {
    /// To be sent as `X-CSRF-Token` with every request of the page.
    csrf: String,
    /// When the session ends, Unix seconds.
    expires: u64,
    /// The venue's id.
    venue: String,
    venue_name: String,
    /// Whether the venue is suspended: then nothing is asked for or confirmed.
    suspended: bool,
    operator: String,
    role: OperatorRole,
}

fn describe(caller: Operator, csrf: String, expires: u64) -> Json<OperatorSession> {
    Json(OperatorSession {
        csrf,
        expires,
        venue: caller.venue.id,
        venue_name: caller.venue.name,
        suspended: caller.venue.suspended,
        operator: caller.name,
        role: caller.role,
    })
}

/// Opens a session for a browser. The cookie that is set takes the bearer credential's place in
/// `/v1/operator`.
#[utoipa::path(post, path = "/operator/session", tag = "operator",
    operation_id = "open_operator_session", request_body = OperatorSignIn, responses(
    (status = 200, body = OperatorSession, headers(("set-cookie" = String, description = "The session"))),
    Problems, Unauthorized, Forbidden,
))]
pub(crate) async fn open(
    State(service): State<App>,
    JsonBody(request): JsonBody<OperatorSignIn>,
) -> Result<Response, Problem> {
    let credential = hash_secret(request.credential.trim()).ok_or(Problem::CredentialMissing)?;
    let caller = operator(&service.common, credential).await?;
    let (sessions, now) = (PageSessions::of_operators(&service), service.common.clock.now());
    let opened = sessions.open(credential, &*service.common.entropy, now)?;
    let answer = describe(caller, opened.token, opened.expires);
    Ok(([(header::SET_COOKIE, opened.cookie)], answer).into_response())
}

/// The living session that the cookie names: for a page that was loaded again.
#[utoipa::path(get, path = "/operator/session", tag = "operator",
    operation_id = "operator_session", security(("operator_page" = [])), responses(
    (status = 200, body = OperatorSession),
    Problems,
))]
pub(crate) async fn session(
    State(service): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let living = PageSessions::of_operators(&service).find(&headers, service.common.clock.now());
    let living = living.ok_or(Problem::CredentialMissing)?;
    let caller = operator(&service.common, living.credential).await?;
    Ok(describe(caller, living.token, living.expires).into_response())
}

/// Ends the session.
#[utoipa::path(delete, path = "/operator/session", tag = "operator",
    operation_id = "close_operator_session", security(("operator_page" = [])),
    params(("X-CSRF-Token" = String, Header, description = "The session's token")), responses(
    (status = 204, description = "It has ended"),
    Problems,
))]
pub(crate) async fn close(
    State(service): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let living = PageSessions::of_operators(&service).find(&headers, service.common.clock.now());
    check_token(&living.ok_or(Problem::CredentialMissing)?, &headers)?;
    let cookie = PageSessions::of_operators(&service).close(&headers);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}
