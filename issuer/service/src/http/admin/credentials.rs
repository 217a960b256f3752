//! Credentials of every role: listed without their secrets, made, and withdrawn by their names.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_register::{CredentialId, CredentialScope};

use super::requests::AdminRequest;
use super::{answer, read_path};
use crate::administration::{self, BearerView, CredentialPage, CredentialView, Role};
use crate::http::auth::{Administrator, bearer_hash};
use crate::http::body::JsonBody;
use crate::http::operator::read_bytes;
use crate::http::problem::Refusal;
use crate::http::query::{QueryOf, read_where_given};
use crate::http::refusals::{Conflict, Missing, Problems, Unprocessable};
use crate::http::{App, Problem};

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CredentialsAsked {
    /// Of this venue's devices and operators.
    venue: Option<String>,
    /// Of all operators, registrars or administrators, in the place of a venue.
    role: Option<Role>,
    /// `next` of the page before.
    after: Option<String>,
}

impl CredentialsAsked {
    fn scope(&self) -> Option<CredentialScope> {
        match (&self.venue, self.role) {
            (Some(venue), None) => Some(CredentialScope::Venue(venue.clone())),
            (None, Some(Role::Operator)) => Some(CredentialScope::Operators),
            (None, Some(Role::Registrar)) => Some(CredentialScope::Registrars),
            (None, Some(Role::Administrator)) => Some(CredentialScope::Administrators),
            _ => None,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct CredentialsView {
    /// By venue and name, at most 200; good ones and withdrawn ones.
    credentials: Vec<CredentialView>,
    /// Where the next page begins, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The credentials of a venue or of a role. No secret is in the register: only their hashes are.
#[utoipa::path(get, path = "/v1/admin/credentials", tag = "administration",
    operation_id = "registered_credentials", params(CredentialsAsked),
    security(("administrator" = [])), responses(
    (status = 200, body = CredentialsView),
    Problems, Missing,
))]
pub(crate) async fn credentials(
    _: Administrator,
    State(service): State<App>,
    QueryOf(asked): QueryOf<CredentialsAsked>,
) -> Result<Json<CredentialsView>, Refusal> {
    let scope = asked.scope().ok_or_else(|| Problem::BadRequest.about("venue, role"))?;
    let scope = administration::known_scope(&service.common, scope).await?;
    let after = read_where_given(asked.after.as_deref(), "after", read_bytes)?;
    let CredentialPage { credentials, next } =
        administration::credentials(&service.common, scope, after).await?;
    let next = next.map(|next| BASE64URL_NOPAD.encode(&next));
    let credentials = credentials.into_iter().map(CredentialView::from).collect();
    Ok(Json(CredentialsView { credentials, next }))
}

/// Asks for a credential. A second administrator confirms, and is shown the secret.
#[utoipa::path(post, path = "/v1/admin/credentials", tag = "administration",
    operation_id = "make_credential",
    security(("administrator" = [])), request_body = BearerView, responses(
    (status = 202, body = AdminRequest),
    Problems, Missing, Conflict, Unprocessable,
))]
pub(crate) async fn make(
    Administrator(name): Administrator,
    State(service): State<App>,
    JsonBody(wanted): JsonBody<BearerView>,
) -> Result<Response, Refusal> {
    Ok(answer(administration::make(&service.common, name, wanted).await?))
}

/// Withdraws a credential, at once: sessions that it opened end with it, and so does what its bearer had
/// asked for. Again, it changes nothing, except that an administrator's which another one alone withdrew is
/// confirmed. Whoever has withdrawn another administrator alone within the last day, or 50 credentials within
/// the hour, needs a second one.
#[utoipa::path(post, path = "/v1/admin/credentials/{id}/withdraw", tag = "administration",
    operation_id = "withdraw_credential",
    params(("id" = String, Path, description = "The credential, as the list names it")),
    security(("administrator" = [])), responses(
    (status = 200, body = CredentialView),
    (status = 202, body = AdminRequest),
    Problems, Conflict,
))]
pub(crate) async fn withdraw(
    Administrator(name): Administrator,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let id: CredentialId = read_bytes(&read_path(id)?).ok_or(Problem::NotFound)?;
    let acted = administration::withdraw(&service.common, name, id).await?;
    Ok(answer(acted.map(CredentialView::from)))
}

/// Withdraws whoever alone has withdrawn the administrator's credential that asks: once, within 24 hours,
/// until a second one has confirmed that withdrawal. It is all that a withdrawn credential is still good for.
#[utoipa::path(post, path = "/v1/admin/contest", tag = "administration",
    operation_id = "contest_withdrawal",
    security(("administrator" = [])), responses(
    (status = 200, body = CredentialsView),
    Problems, Conflict,
))]
pub(crate) async fn contest(
    State(service): State<App>,
    headers: HeaderMap,
) -> Result<Json<CredentialsView>, Refusal> {
    let hash = bearer_hash(&headers).ok_or(Problem::CredentialMissing)?;
    let withdrawn = administration::contest(&service.common, hash).await?;
    let credentials = withdrawn.into_iter().map(CredentialView::from).collect();
    Ok(Json(CredentialsView { credentials, next: None }))
}
