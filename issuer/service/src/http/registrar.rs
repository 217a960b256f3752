//! Persons at the counter: their devices, and freezing.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::PathRejection;
use serde::{Deserialize, Serialize};

use super::auth::Registrar;
use super::body::JsonBody;
use super::holder_devices::{DevicesOfHolder, read_device};
use super::problem::Problems;
use super::{App, Problem};
use crate::identity::is_word;
use crate::store::{Account, AccountChange, PersonId};

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct AccountRequest {
    /// A short word such as `lost_phone`: it goes into the audit trail.
    pub(super) reason: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PersonAccount {
    /// The person's opaque id.
    person: String,
    account: Account,
}

impl PersonAccount {
    pub(super) fn of(person: PersonId, account: Account) -> Self {
        Self { person: person.to_string(), account }
    }
}

impl AccountRequest {
    /// The reason, if it is one.
    pub(super) fn reason(self) -> Result<String, Problem> {
        if is_word(&self.reason) { Ok(self.reason) } else { Err(Problem::ReasonInvalid) }
    }
}

pub(super) type PersonPath = Result<axum::extract::Path<String>, PathRejection>;

pub(super) fn read_person(person: PersonPath) -> Result<PersonId, Problem> {
    let axum::extract::Path(person) = person.map_err(|_| Problem::NotFound)?;
    person.parse().map_err(|_| Problem::NotFound)
}

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct FreezeRequest {
    /// A short word such as `lost_phone`: it goes into the audit trail.
    reason: String,
    /// The one device that stays, with its passes suspended; without it, every device is ended.
    keep_device: Option<String>,
}

/// The devices of a person at the counter, who says which one is lost.
#[utoipa::path(get, path = "/v1/registrar/persons/{person}/devices", tag = "registrar",
    params(("person" = String, Path, description = "The person's opaque id")),
    security(("registrar" = [])), responses(
    (status = 200, body = DevicesOfHolder),
    Problems,
))]
pub(super) async fn devices(
    _: Registrar,
    State(service): State<App>,
    person: PersonPath,
) -> Result<Json<DevicesOfHolder>, Problem> {
    let person = read_person(person)?;
    service.store.person(person).await?.ok_or(Problem::NotFound)?;
    Ok(Json(DevicesOfHolder::find(&service, person, None).await?))
}

/// Suspends an account and ends its devices but the one that is kept: their passes are refused at once online, and with the next status list offline. It protects, so one
/// registrar does it; lifting it takes two, and brings no ended device back.
#[utoipa::path(post, path = "/v1/registrar/persons/{person}/freeze", tag = "registrar",
    params(("person" = String, Path, description = "The person's opaque id")),
    security(("registrar" = [])), request_body = FreezeRequest, responses(
    (status = 200, body = PersonAccount),
    Problems,
))]
pub(super) async fn freeze(
    Registrar(actor): Registrar,
    State(service): State<App>,
    person: PersonPath,
    JsonBody(request): JsonBody<FreezeRequest>,
) -> Result<Json<PersonAccount>, Problem> {
    let FreezeRequest { reason, keep_device } = request;
    let (id, reason) = (read_person(person)?, AccountRequest { reason }.reason()?);
    let keep = match keep_device {
        None => None,
        Some(text) => Some(read_device(&text).ok_or(Problem::BadRequest)?),
    };
    let (account, at) = (Account::Frozen, service.clock.now());
    let change = AccountChange { person: id, account, keep, actor, reason, at };
    service.set_account(change).await?;
    Ok(Json(PersonAccount::of(id, account)))
}
