//! Another name, level or other details of somebody known: one registrar asks, another one confirms.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::auth::Registrar;
use super::body::JsonBody;
use super::enrolments::Details;
use super::refusals::{Conflict, Problems, Unprocessable};
use super::registrar::{PersonPath, read_person};
use super::registrar_requests::RegistrarRequest;
use super::{App, Problem};
use crate::persons::{self, ChangeWanted};

/// What is to be kept of a person; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeRequest {
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    /// 1 phone, 2 real name, 3 real person, 4 in person; no more than the method can give.
    #[schema(minimum = 1, maximum = 4)]
    identity_level: Option<u8>,
    /// How identity was proven.
    method: Option<String>,
    #[serde(default)]
    details: Details,
    /// A short word such as `marriage`: it goes into the audit trail.
    #[schema(pattern = "^[a-z0-9_]{1,40}$")]
    reason: String,
}

/// Asks for a change. Another registrar confirms it within 24 hours; where name or level change, passes that
/// are out are revoked then, and wallets fetch new ones.
#[utoipa::path(post, path = "/v1/registrar/persons/{person}/changes", tag = "registrar",
    operation_id = "change_person",
    params(("person" = String, Path, description = "The person's opaque id")),
    security(("registrar" = [])), request_body = ChangeRequest, responses(
    (status = 202, body = RegistrarRequest),
    Problems, Conflict, Unprocessable,
))]
pub(super) async fn ask(
    Registrar(actor): Registrar,
    State(service): State<App>,
    person: PersonPath,
    JsonBody(request): JsonBody<ChangeRequest>,
) -> Result<(StatusCode, Json<RegistrarRequest>), Problem> {
    let person = read_person(person)?;
    let ChangeRequest { name, identity_level, method, details, reason } = request;
    let details = details.into();
    let wanted = ChangeWanted { name, identity_level, method, details, reason };
    let asked = persons::change(&service.common, &service.levels, actor, person, wanted).await?;
    Ok((StatusCode::ACCEPTED, Json(asked.into())))
}
