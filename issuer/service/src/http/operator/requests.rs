//! New credentials for devices: one manager asks, another one confirms and is shown the secret, once.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use szid_register::entropy::make_random;
use szid_register::{Approval, Approvers, Request, RequestId, draw_secret};

use super::read_bytes;
use crate::administration::is_label;
use crate::http::auth::{Manager, Operator};
use crate::http::body::JsonBody;
use crate::http::refusals::{Conflict, Gone, Problems, Unprocessable};
use crate::http::{App, Problem};

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

impl RequestView {
    fn of(request: Request, now: u64) -> Option<Self> {
        let (expires_at, state) = (request.expires_at(), request.state(now));
        let Approval::Credential { device, .. } = request.act else { return None };
        Some(Self {
            id: BASE64URL_NOPAD.encode(&request.id),
            device,
            asked_by: request.asked_by,
            asked_at: request.asked_at,
            expires_at,
            state,
        })
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
    let now = service.clock.now();
    let mut found = service.store.requests(&Approvers::Venue(caller.venue.id)).await?;
    found.sort_by_key(|request| std::cmp::Reverse((request.asked_at, request.id)));
    let requests = found.into_iter().filter_map(|request| RequestView::of(request, now)).collect();
    Ok(Json(Requests { requests }))
}

/// Asks for a new credential of a device. Another manager of the venue confirms it within 24 hours.
#[utoipa::path(post, path = "/v1/operator/requests", tag = "operator",
    operation_id = "ask_for_device_credential", request_body = CredentialAsked,
    security(("operator" = []), ("operator_page" = [])), responses(
    (status = 202, body = RequestView),
    Problems, Conflict, Unprocessable,
))]
pub(crate) async fn ask(
    manager: Manager,
    State(service): State<App>,
    JsonBody(CredentialAsked { device }): JsonBody<CredentialAsked>,
) -> Result<(StatusCode, Json<RequestView>), Problem> {
    let caller = manager.of_open_venue()?;
    if !is_label(&device) {
        return Err(Problem::DeviceName);
    }
    let now = service.clock.now();
    let request = Request {
        id: make_random(&*service.entropy)?,
        act: Approval::Credential { venue: caller.venue.id, device },
        asked_by: caller.name,
        asked_at: now,
        approved_on: None,
    };
    let request = service.store.request_approval(request).await??.request;
    let view = RequestView::of(request, now)
        .ok_or_else(|| Problem::internal("a request that is not one for a credential"))?;
    Ok((StatusCode::ACCEPTED, Json(view)))
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
    let (id, approvers) = (read_id(id)?, Approvers::Venue(caller.venue.id));
    service.store.reject_approval(&approvers, id, caller.name, service.clock.now()).await??;
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
    manager: Manager,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<(StatusCode, Json<CredentialGiven>), Problem> {
    let caller = manager.of_open_venue()?;
    let id = read_id(id)?;
    let secret = draw_secret(&*service.entropy)?;
    let (hash, now) = (Sha256::digest(&secret).into(), service.clock.now());
    let given = service.store.confirm_credential(&caller.venue.id, id, caller.name, hash, now);
    let given = given.await??;
    let credential = BASE64URL_NOPAD.encode(&given.id);
    let answer = CredentialGiven { device: given.device, credential, secret };
    Ok((StatusCode::CREATED, Json(answer)))
}
