//! Another name, level or other details of somebody known: one registrar asks, another one confirms.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use szid_identity::{highest_level, is_name, is_word};
use szid_register::entropy::make_random;
use szid_register::{Account, Approval, Evidence, PersonChange, Request};

use super::auth::Registrar;
use super::body::JsonBody;
use super::enrolments::{Details, open_identity, seal_identity};
use super::refusals::{Conflict, Problems, Unprocessable};
use super::registrar::{PersonPath, read_person};
use super::registrar_requests::{RegistrarRequest, unreadable};
use super::{App, Problem};

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
    let (id, now) = (read_person(person)?, service.clock.now());
    let ChangeRequest { name, identity_level, method, details, reason } = request;
    if !is_word(&reason) {
        return Err(Problem::ReasonInvalid);
    }
    let person = service.store.person(id).await?.ok_or(Problem::NotFound)?;
    if person.account == Account::Revoked {
        return Err(Problem::AccountState);
    }
    let method = method.unwrap_or_else(|| person.method(now).to_owned());
    let identity_level = identity_level.unwrap_or_else(|| person.identity_level(now));
    let highest = highest_level(&method).ok_or(Problem::MethodInvalid)?;
    if !(1..=highest).contains(&identity_level) {
        return Err(Problem::LevelInvalid);
    }
    if !details.fit(now) {
        return Err(Problem::DetailsInvalid);
    }
    let mut identity = open_identity(&service, &person)?;
    let mut changed = Vec::new();
    if let Some(name) = name.filter(|name| *name != identity.name) {
        if !is_name(&name) {
            return Err(Problem::NameInvalid);
        }
        identity.name = name;
        changed.push("name".to_owned());
    }
    if identity_level != person.identity_level(now) {
        changed.push("identity_level".to_owned());
    }
    if method != person.method(now) {
        changed.push("method".to_owned());
    }
    if details.write_over(&mut identity) {
        changed.push("details".to_owned());
    }
    if changed.is_empty() {
        return Err(Problem::ChangeNone);
    }
    let change = PersonChange {
        person: id,
        evidence: Evidence::of_registrar(method, identity_level, person.document_class, now),
        sealed: seal_identity(&service, id, &identity)?,
        made_from: Sha256::digest(&person.sealed.content).into(),
        changed,
        reason,
    };
    let request = Request {
        id: make_random(&*service.entropy)?,
        act: Approval::Change(Box::new(change)),
        asked_by: actor,
        asked_at: now,
        approved_on: None,
    };
    let asked = service.store.request_approval(request).await??;
    let asked = RegistrarRequest::of_asked(&service, asked, now).ok_or_else(unreadable)?;
    Ok((StatusCode::ACCEPTED, Json(asked)))
}
