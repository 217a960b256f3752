//! The person's own word about a new device, from a phone that is there: it takes the place of the second
//! registrar's.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_register::{DeviceRule, Session};

use super::auth::ActiveDevice;
use super::body::JsonBody;
use super::refusals::{Conflict, Gone, Problems, Unprocessable};
use super::registrar_requests::read_id;
use super::{App, Problem};
use crate::devices::TIER;
use crate::enrolment::{self, AUDIENCE, Question};

/// That a counter asked for a new device.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EnrolmentQuestion {
    /// Names the question.
    id: String,
    /// What the new device means for the older ones.
    devices: DeviceRule,
    /// Unix seconds.
    asked_at: u64,
    /// When it is over, Unix seconds.
    expires_at: u64,
    /// What an approval names as its audience.
    audience: &'static str,
    /// The least authentication tier of an approval.
    tier: u8,
    /// Whether it was approved already, on this phone or another one: a refusal takes that back and ends the
    /// request.
    approved: bool,
}

impl From<Question> for EnrolmentQuestion {
    fn from(question: Question) -> Self {
        let Question { id, devices, asked_at, expires_at, approved } = question;
        let id = BASE64URL_NOPAD.encode(&id);
        let (audience, tier) = (AUDIENCE, TIER);
        Self { id, devices, asked_at, expires_at, audience, tier, approved }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EnrolmentQuestions {
    enrolments: Vec<EnrolmentQuestion>,
}

/// New devices that counters asked for and nobody has confirmed yet, approved ones too.
#[utoipa::path(get, path = "/v1/holder/enrolments", tag = "holder",
    operation_id = "enrolment_questions", security(("holder" = [])), responses(
    (status = 200, body = EnrolmentQuestions),
    Problems,
))]
pub(super) async fn questions(
    ActiveDevice(Session { person, .. }): ActiveDevice,
    State(service): State<App>,
) -> Result<Json<EnrolmentQuestions>, Problem> {
    let enrolments = enrolment::questions(&service, person).await?;
    let enrolments = enrolments.into_iter().map(EnrolmentQuestion::from).collect();
    Ok(Json(EnrolmentQuestions { enrolments }))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct EnrolmentAnswer {
    approve: bool,
    /// For an approval: a citizen code whose challenge is this question (audience as told, nonce: the bytes
    /// of its id), drawn with at least the tier that is asked for.
    code: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EnrolmentAnswered {
    approved: bool,
}

/// Approves a new device, signed by a device that is there, or refuses it; until it is confirmed, a refusal
/// takes an approval back.
#[utoipa::path(post, path = "/v1/holder/enrolments/{id}", tag = "holder",
    operation_id = "answer_enrolment", security(("holder" = [])),
    params(("id" = String, Path, description = "The question")),
    request_body = EnrolmentAnswer, responses(
    (status = 200, body = EnrolmentAnswered),
    Problems, Conflict, Gone, Unprocessable,
))]
pub(super) async fn answer(
    ActiveDevice(holder): ActiveDevice,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
    JsonBody(EnrolmentAnswer { approve, code }): JsonBody<EnrolmentAnswer>,
) -> Result<Json<EnrolmentAnswered>, Problem> {
    let code = approve.then(|| code.as_deref().unwrap_or_default());
    enrolment::answer(&service, holder, read_id(id)?, code).await?;
    Ok(Json(EnrolmentAnswered { approved: approve }))
}
