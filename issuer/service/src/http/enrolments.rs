//! Enrolment at the counter: of somebody new at once, of somebody known by two.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use szid_register::DeviceRule;

use super::auth::Registrar;
use super::body::JsonBody;
use super::idempotency::read_key;
use super::offer_drafts::Enrolled;
use super::refusals::{Conflict, Missing, Problems, Unprocessable};
use super::registrar_requests::RegistrarRequest;
use super::{App, Problem};
use crate::enrolment::{self, EnrolmentWanted, Outcome};
use crate::persons::PersonDetails;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnrolmentRequest {
    document: Document,
    /// As it stands in the document.
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// 1 phone, 2 real name, 3 real person, 4 in person; no more than the method can give.
    #[schema(minimum = 1, maximum = 4)]
    identity_level: u8,
    /// How identity was proven: `counter`.
    method: String,
    /// What else the document or the person says, as far as it is known.
    #[serde(default)]
    details: Details,
    /// Of somebody known: whether the new device ends the older ones, which is meant where nothing is said.
    #[serde(default)]
    devices: DeviceRule,
}

/// What scenes may ask for beyond name and number. Of resident identity cards, sex and birth date follow from
/// the number.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Details {
    /// `male` or `female`.
    #[schema(pattern = "^(male|female)$")]
    sex: Option<String>,
    /// YYYY-MM-DD.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    birth_date: Option<String>,
    /// Nationality or ethnic group, as it stands in the document.
    #[schema(min_length = 1, max_length = 120)]
    nationality: Option<String>,
    /// The document's last day, YYYY-MM-DD.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    valid_until: Option<String>,
    /// Digits, with a plus sign before those from abroad.
    #[schema(pattern = "^[+]?[0-9]{5,15}$")]
    phone: Option<String>,
    /// Short words such as `senior` and `disability`.
    concessions: Vec<String>,
}

impl From<Details> for PersonDetails {
    fn from(details: Details) -> Self {
        let Details { sex, birth_date, nationality, valid_until, phone, concessions } = details;
        Self { sex, birth_date, nationality, valid_until, phone, concessions }
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Document {
    /// A GA/T 517 code.
    #[schema(pattern = "^[0-9]{3}$")]
    r#type: String,
    /// The number; full-width digits are taken.
    #[schema(max_length = 80)]
    number: String,
}

impl From<EnrolmentRequest> for EnrolmentWanted {
    fn from(request: EnrolmentRequest) -> Self {
        let EnrolmentRequest { document, name, identity_level, method, details, devices } = request;
        let Document { r#type: document_type, number } = document;
        let details = details.into();
        Self { document_type, number, name, identity_level, method, details, devices }
    }
}

/// Enrols a person who stands at the counter, and makes an offer for their wallet. For somebody known it
/// asks: another registrar confirms it, or the person approves it on a phone. With an `Idempotency-Key` a
/// counter whose answer got lost sends the same request again and gets the same offer, until that is taken up
/// or over.
#[utoipa::path(post, path = "/v1/registrar/enrolments", tag = "registrar",
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,64}$", description = "1 to 64 visible ASCII characters, new for each person")),
    security(("registrar" = [])), request_body = EnrolmentRequest, responses(
    (status = 201, body = Enrolled, description = "Somebody new"),
    (status = 202, body = RegistrarRequest, description = "Somebody known: nothing is changed yet"),
    Problems, Missing, Conflict, Unprocessable,
))]
pub(super) async fn enrol(
    Registrar(actor): Registrar,
    State(service): State<App>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<EnrolmentRequest>,
) -> Result<Response, Problem> {
    let key = read_key(&headers)?;
    Ok(
        match enrolment::enrol(&service.common, &service.levels, actor, key, request.into()).await?
        {
            Outcome::Offer(offer) => {
                (StatusCode::CREATED, Json(Enrolled::from(offer))).into_response()
            }
            Outcome::Waits(request) => {
                (StatusCode::ACCEPTED, Json(RegistrarRequest::from(request))).into_response()
            }
        },
    )
}
