//! The citizen's side of a scan that asks: hear of the question, answer it once.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use szid_api::consents::{ConsentAnswer, ConsentList, ConsentTaken, ConsentView};
use szid_api::matter::Matter;
use szid_api::paths;

use super::auth::{ActiveHolder, Holder, bearer_hash};
use super::body::JsonBody;
use super::problem::Refusal;
use super::query::QueryOf;
use super::refusals::{Conflict, Gone, Problems, Unprocessable};
use super::{App, Problem};
use crate::access::Admission;
use crate::consents::{self, ConsentId, Listener, OpenQuestion, Word};
use crate::service::Service;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Waiting {
    /// Seconds to hold the request open while there is nothing to answer; at most 25.
    #[serde(default)]
    wait: u64,
}

/// What the holder is being asked now. With `wait` the answer comes as soon as there is a question.
#[utoipa::path(get, path = paths::CONSENTS, tag = "holder",
    operation_id = "consent_questions", security(("holder" = [])),
    params(Waiting), responses(
    (status = 200, body = ConsentList),
    Problems, Conflict,
))]
pub(super) async fn consents(
    ActiveHolder(person): ActiveHolder,
    State(service): State<App>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    QueryOf(Waiting { wait }): QueryOf<Waiting>,
) -> Result<Json<ConsentList>, Problem> {
    let listener = Listener { person, token: bearer_hash(&headers) };
    let questions =
        consents::wait_for_questions(&service.consents, listener, &admission, wait).await?;
    let view = |open| view(&service, open);
    Ok(Json(ConsentList { consents: questions.into_iter().map(view).collect() }))
}

fn view(service: &Service, open: OpenQuestion) -> ConsentView {
    let seconds_left = open.seconds_left();
    let OpenQuestion { id, question, .. } = open;
    let scenes = service.publication.scenes.current();
    let policy = scenes.policies.scene(question.scene).ok();
    let (scene_zh, scene_en) = scenes.names(question.scene);
    ConsentView {
        id: BASE64URL_NOPAD.encode(&id),
        venue: question.venue,
        venue_name: question.venue_name,
        site_name: question.site_name,
        scene: question.scene,
        scene_zh,
        scene_en,
        claims: question.claims,
        matter: question.matter.map(wire_matter),
        tier: question.tier,
        retention_days: policy.map_or(0, |policy| policy.retention_days),
        seconds: u32::try_from(question.time.as_secs()).unwrap_or(u32::MAX),
        seconds_left: Some(seconds_left),
    }
}

/// What a scan is for, as it is told.
pub(super) fn wire_matter(matter: szid_register::Matter) -> Matter {
    let szid_register::Matter { operator, purpose, case } = matter;
    Matter { operator, purpose, case }
}

/// `None` for an approval that is reported.
fn word(answer: &ConsentAnswer) -> Option<Word> {
    match (answer.approve, answer.report) {
        (true, false) => Some(Word::Approved),
        (false, false) => Some(Word::Denied),
        (false, true) => Some(Word::Reported),
        (true, true) => None,
    }
}

/// Answers a question, once. An approval is signed by the device: nobody who merely holds a token can give
/// it. A refusal may report the scan as well: it is marked in the list of uses and written into the audit,
/// and the venue is told of a refusal as of any other.
///
/// The answer comes once the scan that it decided is on disk: from then on it is in the list of uses.
/// `CONSENT_OVER` says that it decided nothing.
#[utoipa::path(post, path = paths::CONSENT, tag = "holder",
    operation_id = "answer_consent", security(("holder" = [])),
    params(("id" = String, Path, description = "The question")),
    request_body = ConsentAnswer, responses(
    (status = 200, body = ConsentTaken),
    Problems, Gone, Unprocessable,
))]
pub(super) async fn answer(
    Holder(person): Holder,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
    JsonBody(answer): JsonBody<ConsentAnswer>,
) -> Result<Json<ConsentTaken>, Refusal> {
    let word = word(&answer).ok_or_else(|| Problem::BadRequest.about("report: approve is true"))?;
    let Path(id) = id.map_err(|_| Problem::NotFound)?;
    let id = BASE64URL_NOPAD.decode(id.as_bytes()).map_err(|_| Problem::NotFound)?;
    let id: ConsentId = id.try_into().map_err(|_| Problem::NotFound)?;
    consents::answer(&service.consents, person, &id, word, answer.code.as_deref()).await?;
    Ok(Json(ConsentTaken { approved: answer.approve, reported: answer.report }))
}
