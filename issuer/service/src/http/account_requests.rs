//! Lifting a freeze and revoking take two registrars: one asks, another one confirms. A freeze takes one, and no time.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;

use super::auth::Registrar;
use super::body::JsonBody;
use super::problem::Problems;
use super::registrar::{AccountRequest, PersonAccount, PersonPath, read_person};
use super::{App, Problem};
use crate::entropy::make_random;
use crate::service::Service;
use crate::store::{Account, Act, Circle, Request, RequestId};

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct AccountAsked {
    /// Names the request.
    request: String,
    /// The person's opaque id.
    person: String,
    /// The state that is asked for.
    account: Account,
    reason: String,
    /// The registrar who asked.
    asked_by: String,
    /// Unix seconds.
    asked_at: u64,
    /// When it can no longer be confirmed, Unix seconds.
    expires_at: u64,
    /// `pending` or `expired`.
    state: &'static str,
}

impl AccountAsked {
    fn of(request: Request, now: u64) -> Option<Self> {
        let expires_at = request.expires_at();
        let Act::Account { person, account, reason } = request.act else { return None };
        Some(Self {
            request: BASE64URL_NOPAD.encode(&request.id),
            person: person.to_string(),
            account,
            reason,
            asked_by: request.asked_by,
            asked_at: request.asked_at,
            expires_at,
            state: if expires_at > now { "pending" } else { "expired" },
        })
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct AccountsAsked {
    /// The newest first.
    requests: Vec<AccountAsked>,
}

async fn ask(
    service: &Service,
    actor: String,
    person: PersonPath,
    request: AccountRequest,
    account: Account,
) -> Result<(StatusCode, Json<AccountAsked>), Problem> {
    let (person, reason) = (read_person(person)?, request.reason()?);
    // What could not be done is told now, not to the second registrar.
    let known = service.store.person(person).await?.ok_or(Problem::NotFound)?;
    if known.account == Account::Revoked {
        return Err(Problem::AccountState);
    }
    let now = service.clock.now();
    let request = Request {
        id: make_random(&*service.entropy)?,
        act: Act::Account { person, account, reason },
        asked_by: actor,
        asked_at: now,
    };
    service.store.ask(request.clone()).await??;
    let asked = AccountAsked::of(request, now)
        .ok_or_else(|| Problem::internal("a request that is not one for an account"))?;
    Ok((StatusCode::ACCEPTED, Json(asked)))
}

/// Asks for a freeze to be lifted. Another registrar confirms it within 24 hours.
#[utoipa::path(post, path = "/v1/registrar/persons/{person}/unfreeze", tag = "registrar",
    params(("person" = String, Path, description = "The person's opaque id")),
    security(("registrar" = [])), request_body = AccountRequest, responses(
    (status = 202, body = AccountAsked),
    Problems,
))]
pub(super) async fn unfreeze(
    Registrar(actor): Registrar,
    State(service): State<App>,
    person: PersonPath,
    JsonBody(request): JsonBody<AccountRequest>,
) -> Result<(StatusCode, Json<AccountAsked>), Problem> {
    ask(&service, actor, person, request, Account::Active).await
}

/// Asks for all passes and tokens of a person to be ended, for good. Another registrar confirms it within 24 hours.
#[utoipa::path(post, path = "/v1/registrar/persons/{person}/revoke", tag = "registrar",
    params(("person" = String, Path, description = "The person's opaque id")),
    security(("registrar" = [])), request_body = AccountRequest, responses(
    (status = 202, body = AccountAsked),
    Problems,
))]
pub(super) async fn revoke(
    Registrar(actor): Registrar,
    State(service): State<App>,
    person: PersonPath,
    JsonBody(request): JsonBody<AccountRequest>,
) -> Result<(StatusCode, Json<AccountAsked>), Problem> {
    ask(&service, actor, person, request, Account::Revoked).await
}

/// The requests that wait, and those that ran out within the last day.
#[utoipa::path(get, path = "/v1/registrar/requests", tag = "registrar", security(("registrar" = [])), responses(
    (status = 200, body = AccountsAsked),
    Problems,
))]
pub(super) async fn requests(
    _: Registrar,
    State(service): State<App>,
) -> Result<Json<AccountsAsked>, Problem> {
    let now = service.clock.now();
    let mut found = service.store.requests(&Circle::Registrars).await?;
    found.sort_by_key(|request| std::cmp::Reverse((request.asked_at, request.id)));
    let requests = found.into_iter().filter_map(|request| AccountAsked::of(request, now));
    Ok(Json(AccountsAsked { requests: requests.collect() }))
}

fn read_id(path: Result<Path<String>, PathRejection>) -> Result<RequestId, Problem> {
    let Path(id) = path.map_err(|_| Problem::NotFound)?;
    let bytes = BASE64URL_NOPAD.decode(id.as_bytes()).map_err(|_| Problem::NotFound)?;
    bytes.try_into().map_err(|_| Problem::NotFound)
}

/// Ends a request without its act: one's own, or another's.
#[utoipa::path(delete, path = "/v1/registrar/requests/{id}", tag = "registrar",
    params(("id" = String, Path, description = "The request")),
    security(("registrar" = [])), responses(
    (status = 204, description = "It is over"),
    Problems,
))]
pub(super) async fn refuse(
    Registrar(actor): Registrar,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let (id, now) = (read_id(id)?, service.clock.now());
    service.store.refuse(&Circle::Registrars, id, actor, now).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Confirms another registrar's request: the account changes now.
#[utoipa::path(post, path = "/v1/registrar/requests/{id}/confirm", tag = "registrar",
    params(("id" = String, Path, description = "The request")),
    security(("registrar" = [])), responses(
    (status = 200, body = PersonAccount),
    Problems,
))]
pub(super) async fn confirm(
    Registrar(actor): Registrar,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<PersonAccount>, Problem> {
    let (person, account) = service.confirm_account(read_id(id)?, actor).await??;
    Ok(Json(PersonAccount::of(person, account)))
}
