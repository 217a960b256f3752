//! New credentials for devices: one manager asks, another one confirms and is shown the secret, once.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_register::RequestId;

use super::read_bytes;
use crate::access::Operator;
use crate::http::auth::Manager;
use crate::http::body::JsonBody;
use crate::http::refusals::{Conflict, Gone, Problems, Unprocessable};
use crate::http::{App, Problem};
use crate::operators::{self, CredentialRequest, Giver};

#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct CredentialAsked {
    /// The device's label: 1 to 32 lower-case letters, digits, hyphens and underscores. It may be one that
    /// has a credential.
    #[schema(pattern = "^[a-z0-9_-]{1,32}$")]
    device: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct RequestView {
    /// Names the request.
    id: String,
    /// The device that a credential is asked for.
    device: String,
    asked_by: String,
    /// Unix seconds.
    asked_at: u64,
    /// When it can no longer be confirmed, Unix seconds.
    expires_at: u64,
    /// `pending` or `expired`.
    state: &'static str,
}

impl From<CredentialRequest> for RequestView {
    fn from(request: CredentialRequest) -> Self {
        let CredentialRequest { id, device, asked_by, asked_at, expires_at, state } = request;
        let id = BASE64URL_NOPAD.encode(&id);
        Self { id, device, asked_by, asked_at, expires_at, state }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Requests {
    /// The newest first, at most 100.
    requests: Vec<RequestView>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct CredentialGiven {
    device: String,
    /// Names the credential.
    credential: String,
    /// The bearer secret for the device. It is shown here and never again.
    secret: String,
}

/// The requests that wait, and those that ran out within the last day.
#[utoipa::path(get, path = "/v1/operator/requests", tag = "operator",
    operation_id = "operator_requests",
    security(("operator" = []), ("operator_page" = [])), responses(
    (status = 200, body = Requests),
    Problems,
))]
pub(crate) async fn requests(
    caller: Operator,
    State(service): State<App>,
) -> Result<Json<Requests>, Problem> {
    let requests = operators::waiting(&service.common, caller).await?;
    Ok(Json(Requests { requests: requests.into_iter().map(Into::into).collect() }))
}

/// Asks for a new credential of a device. Another manager of the venue confirms it within 24 hours.
#[utoipa::path(post, path = "/v1/operator/requests", tag = "operator",
    operation_id = "ask_for_device_credential", request_body = CredentialAsked,
    security(("operator" = []), ("operator_page" = [])), responses(
    (status = 202, body = RequestView),
    Problems, Conflict, Unprocessable,
))]
pub(crate) async fn ask(
    Manager(caller): Manager,
    State(service): State<App>,
    JsonBody(CredentialAsked { device }): JsonBody<CredentialAsked>,
) -> Result<(StatusCode, Json<RequestView>), Problem> {
    let asked = operators::ask(&service.common, Giver::of(caller)?, device).await?;
    Ok((StatusCode::ACCEPTED, Json(asked.into())))
}

fn read_id(path: Result<Path<String>, PathRejection>) -> Result<RequestId, Problem> {
    let Path(id) = path.map_err(|_| Problem::NotFound)?;
    read_bytes(&id).ok_or(Problem::NotFound)
}

/// Ends a request without giving anything: one's own, or another's.
#[utoipa::path(delete, path = "/v1/operator/requests/{id}", tag = "operator",
    operation_id = "refuse_operator_request",
    params(("id" = String, Path, description = "The request")),
    security(("operator" = []), ("operator_page" = [])), responses(
    (status = 204, description = "It is over"),
    Problems, Conflict, Gone,
))]
pub(crate) async fn refuse(
    Manager(caller): Manager,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    operators::refuse(&service.common, caller, read_id(id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Confirms another manager's request, and answers the secret of the new credential.
#[utoipa::path(post, path = "/v1/operator/requests/{id}/confirm", tag = "operator",
    operation_id = "confirm_operator_request",
    params(("id" = String, Path, description = "The request")),
    security(("operator" = []), ("operator_page" = [])), responses(
    (status = 201, body = CredentialGiven),
    Problems, Conflict, Gone,
))]
pub(crate) async fn confirm(
    Manager(caller): Manager,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<(StatusCode, Json<CredentialGiven>), Problem> {
    let giver = Giver::of(caller)?;
    let given = operators::confirm(&service.common, giver, read_id(id)?).await?;
    let credential = BASE64URL_NOPAD.encode(&given.credential);
    let answer = CredentialGiven { device: given.device, credential, secret: given.secret };
    Ok((StatusCode::CREATED, Json(answer)))
}
