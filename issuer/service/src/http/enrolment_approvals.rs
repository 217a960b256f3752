//! The person's own word about a new device, from a phone that is there: it takes the place of the second
//! registrar's.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use data_encoding::BASE64URL_NOPAD;
use szid_api::enrolments::{
    EnrolmentAnswer, EnrolmentAnswered, EnrolmentQuestion, EnrolmentQuestions,
};
use szid_api::paths;
use szid_register::{DeviceRule, Session};

use super::auth::ActiveDevice;
use super::body::JsonBody;
use super::refusals::{Conflict, Gone, Problems, Unprocessable};
use super::registrar_requests::read_id;
use super::{App, Problem};
use crate::devices::TIER;
use crate::enrolment::{self, AUDIENCE, Question};

impl From<Question> for EnrolmentQuestion {
    fn from(question: Question) -> Self {
        let Question { id, devices, asked_at, expires_at, approved } = question;
        let id = BASE64URL_NOPAD.encode(&id);
        let (devices, audience, tier) = (rule_word(devices), AUDIENCE.into(), TIER);
        Self { id, devices, asked_at, expires_at, audience, tier, approved }
    }
}

/// What a new device means for the older ones, in the word of the interface.
fn rule_word(rule: DeviceRule) -> String {
    let word = match rule {
        DeviceRule::Replaces => "replaces",
        DeviceRule::Adds => "adds",
    };
    word.into()
}

/// New devices that counters asked for and nobody has confirmed yet, approved ones too.
#[utoipa::path(get, path = paths::ENROLMENTS, tag = "holder",
    operation_id = "enrolment_questions", security(("holder" = [])), responses(
    (status = 200, body = EnrolmentQuestions),
    Problems,
))]
pub(super) async fn questions(
    ActiveDevice(Session { person, .. }): ActiveDevice,
    State(service): State<App>,
) -> Result<Json<EnrolmentQuestions>, Problem> {
    let enrolments = enrolment::questions(&service.common, person).await?;
    let enrolments = enrolments.into_iter().map(EnrolmentQuestion::from).collect();
    Ok(Json(EnrolmentQuestions { enrolments }))
}

/// Approves a new device, signed by a device that is there, or refuses it; until it is confirmed, a refusal
/// takes an approval back.
#[utoipa::path(post, path = paths::ENROLMENT, tag = "holder",
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
    enrolment::answer(&service.verification, holder, read_id(id)?, code).await?;
    Ok(Json(EnrolmentAnswered { approved: approve }))
}
