//! Persons at the counter: their devices, and freezing.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use szid_api::devices::DevicesOfHolder;
use szid_register::{Account, PersonId};

use super::auth::Registrar;
use super::body::JsonBody;
use super::holder_devices::{read_device, wire_devices};
use super::problem::Refusal;
use super::query::read_where_given;
use super::refusals::{Conflict, Problems, Unprocessable};
use super::registrar_requests::{RegistrarRequest, answer};
use super::{App, Problem};
use crate::persons::{self, Reason};

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
    let held = persons::look(&service.common, registrar, read_person(person)?).await?;
    Ok(Json(wire_devices(held, None)))
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
    let (person, reason) = (read_person(person)?, Reason::read(reason)?);
    let keep = read_where_given(keep_device.as_deref(), "keep_device", read_device)?;
    let waits = persons::freeze(&service.accounts, actor, person, reason, keep).await?;
    Ok(answer(person, Account::Frozen, waits))
}
