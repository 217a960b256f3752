//! Persons at the counter: their devices, and freezing.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use szid_identity::is_word;
use szid_register::entropy::make_random;
use szid_register::{Account, AccountChange, PersonId};

use super::auth::Registrar;
use super::body::JsonBody;
use super::holder_devices::{DevicesOfHolder, read_device};
use super::problem::Refusal;
use super::query::read_where_given;
use super::refusals::{Conflict, Problems, Unprocessable};
use super::registrar_requests::{RegistrarRequest, unreadable};
use super::{App, Problem};
use crate::devices;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountRequest {
    /// A short word such as `lost_phone`: it goes into the audit trail.
    #[schema(pattern = "^[a-z0-9_]{1,40}$")]
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
#[serde(deny_unknown_fields)]
pub(super) struct FreezeRequest {
    /// A short word such as `lost_phone`: it goes into the audit trail.
    #[schema(pattern = "^[a-z0-9_]{1,40}$")]
    reason: String,
    /// The one device in the citizen's hands: its passes are suspended as all others', and its tokens go on.
    #[schema(pattern = "^[A-Za-z0-9_-]{22}$")]
    keep_device: Option<String>,
}

/// The devices of a person at the counter, who says which one is lost. Each look is in the audit and in the
/// person's events, and one registrar looks at one person ten times within an hour.
#[utoipa::path(get, path = "/v1/registrar/persons/{person}/devices", tag = "registrar",
    operation_id = "devices_of_person",
    params(("person" = String, Path, description = "The person's opaque id")),
    security(("registrar" = [])), responses(
    (status = 200, body = DevicesOfHolder),
    Problems,
))]
pub(super) async fn devices(
    Registrar(registrar): Registrar,
    State(service): State<App>,
    person: PersonPath,
) -> Result<Json<DevicesOfHolder>, Problem> {
    let person = read_person(person)?;
    service.store.note_look(person, registrar, service.clock.now()).await??;
    let held = devices::held(&*service.store, person, service.clock.now()).await?;
    Ok(Json(DevicesOfHolder::of(held, None)))
}

/// Suspends an account and all its devices: their passes are refused at once online, and with the next status
/// list offline, and their tokens do nothing, but those of the one that is named. It protects, so one
/// registrar does it, and it ends nothing for good; lifting it takes two, who name the devices that come
/// back. Who has frozen 100 accounts within the hour needs a second registrar.
#[utoipa::path(post, path = "/v1/registrar/persons/{person}/freeze", tag = "registrar",
    operation_id = "freeze_person",
    params(("person" = String, Path, description = "The person's opaque id")),
    security(("registrar" = [])), request_body = FreezeRequest, responses(
    (status = 200, body = PersonAccount),
    (status = 202, body = RegistrarRequest),
    Problems, Conflict, Unprocessable,
))]
pub(super) async fn freeze(
    Registrar(actor): Registrar,
    State(service): State<App>,
    person: PersonPath,
    JsonBody(request): JsonBody<FreezeRequest>,
) -> Result<Response, Refusal> {
    let FreezeRequest { reason, keep_device } = request;
    let (id, reason) = (read_person(person)?, AccountRequest { reason }.reason()?);
    let keep = read_where_given(keep_device.as_deref(), "keep_device", read_device)?;
    let (account, at) = (Account::Frozen, service.clock.now());
    let change = AccountChange { person: id, account, keep, back: None, actor, reason, at };
    let waits = service.freeze(change, make_random(&*service.entropy)?).await??;
    let Some(request) = waits else {
        return Ok(Json(PersonAccount::of(id, account)).into_response());
    };
    let asked = RegistrarRequest::of(&service, request, at).ok_or_else(unreadable)?;
    Ok((StatusCode::ACCEPTED, Json(asked)).into_response())
}
