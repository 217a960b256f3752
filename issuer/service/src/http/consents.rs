//! The citizen's side of a scan that asks: hear of the question, answer it once.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_protocol::code::Challenge;
use szid_protocol::scene::ScenePolicy;
use szid_protocol::verdict::{Decision, Verdict};

use super::admission::{Admission, WaitsFor};
use super::auth::{ActiveHolder, Holder, still_active};
use super::body::JsonBody;
use super::problem::Problems;
use super::query::QueryOf;
use super::scans::{find_holder, verify_online};
use super::{App, Problem};
use crate::consents::{ConsentId, ConsentQuestion};
use crate::service::Service;
use crate::store::{Matter, PersonId};

/// The longest that a wallet may hold a request open, seconds.
pub(super) const MAX_WAIT_SECONDS: u64 = 25;

#[derive(Deserialize, utoipa::IntoParams)]
pub(super) struct Waiting {
    /// Seconds to hold the request open while there is nothing to answer; at most 25.
    #[serde(default)]
    wait: u64,
}

/// What a venue asks, to be shown to the citizen.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ConsentView {
    id: String,
    /// The venue's id, which the approval names as its audience.
    venue: String,
    venue_name: String,
    /// The venue's site where the code was scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    site_name: Option<String>,
    scene: u16,
    scene_zh: String,
    scene_en: String,
    /// The names of the claims.
    claims: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matter: Option<Matter>,
    /// The least authentication tier of an approval: 1 app open, 2 device credential, 3 biometric.
    tier: u8,
    /// How many days the venue may keep what it receives.
    retention_days: u32,
    /// Seconds that the venue waits in all.
    seconds: u32,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ConsentList {
    consents: Vec<ConsentView>,
}

/// What the holder is being asked now. With `wait` the answer comes as soon as there is a question.
#[utoipa::path(get, path = "/v1/holder/consents", tag = "holder", security(("holder" = [])),
    params(Waiting), responses(
    (status = 200, body = ConsentList),
    Problems,
))]
pub(super) async fn consents(
    ActiveHolder(person): ActiveHolder,
    State(service): State<App>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    QueryOf(Waiting { wait }): QueryOf<Waiting>,
) -> Result<Json<ConsentList>, Problem> {
    let time = Duration::from_secs(wait.min(MAX_WAIT_SECONDS));
    let asked = service.consents.wait_for_questions(person, time);
    // Without a place to wait it is told at once what there is.
    let questions = match admission.wait(WaitsFor::News, time, asked).await {
        Ok(questions) => questions,
        Err(_) => service.consents.questions(person),
    };
    still_active(&service, &headers, person).await?;
    let view = |(id, question)| view(&service, &id, question);
    Ok(Json(ConsentList { consents: questions.into_iter().map(view).collect() }))
}

fn view(service: &Service, id: &ConsentId, question: ConsentQuestion) -> ConsentView {
    let scenes = service.scenes.current();
    let policy = scenes.policies.scene(question.scene).ok();
    let (scene_zh, scene_en) = scenes.names(question.scene);
    ConsentView {
        id: BASE64URL_NOPAD.encode(id),
        venue: question.venue,
        venue_name: question.venue_name,
        site_name: question.site_name,
        scene: question.scene,
        scene_zh,
        scene_en,
        claims: question.claims,
        matter: question.matter,
        tier: question.tier,
        retention_days: policy.map_or(0, |policy| policy.retention_days),
        seconds: question.seconds,
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct ConsentAnswer {
    approve: bool,
    /// For an approval: a citizen code whose challenge is this question (audience: the venue's id, nonce: the bytes of the
    /// question's id), drawn with at least the tier that is asked for.
    code: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ConsentTaken {
    approved: bool,
}

/// Answers a question, once. An approval is signed by the device: nobody who merely holds a token can give it.
///
/// The answer comes once the scan that it decided is on disk: from then on it is in the list of uses. `CONSENT_OVER` says that it
/// decided nothing.
#[utoipa::path(post, path = "/v1/holder/consents/{id}", tag = "holder", security(("holder" = [])),
    params(("id" = String, Path, description = "The question")),
    request_body = ConsentAnswer, responses(
    (status = 200, body = ConsentTaken),
    Problems,
))]
pub(super) async fn answer(
    Holder(person): Holder,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
    JsonBody(answer): JsonBody<ConsentAnswer>,
) -> Result<Json<ConsentTaken>, Problem> {
    let Path(id) = id.map_err(|_| Problem::NotFound)?;
    let id = BASE64URL_NOPAD.decode(id.as_bytes()).map_err(|_| Problem::NotFound)?;
    let id: ConsentId = id.try_into().map_err(|_| Problem::NotFound)?;
    let question = service.consents.question(person, &id).ok_or(Problem::ConsentOver)?;
    if answer.approve {
        let code = answer.code.as_deref().unwrap_or_default();
        if !is_approval(&service, person, &id, &question, code).await? {
            return Err(Problem::ConsentCode);
        }
    }
    if service.consents.answer(person, &id, answer.approve).await {
        Ok(Json(ConsentTaken { approved: answer.approve }))
    } else {
        Err(Problem::ConsentOver)
    }
}

/// True for a code of this person's device that answers this question with the tier that it asks for.
async fn is_approval(
    service: &Service,
    person: PersonId,
    id: &ConsentId,
    question: &ConsentQuestion,
    code: &str,
) -> Result<bool, Problem> {
    let scenes = service.scenes.current();
    let policy = scenes.policies.scene(question.scene).map_err(|_| Problem::ConsentOver)?;
    let challenge = Challenge { audience: question.venue.clone(), nonce: id.to_vec() };
    let verdict = verify_own(service, person, code, policy, Some(&challenge)).await?;
    Ok(verdict.is_some_and(|verdict| {
        verdict.decision() == Decision::Accept && has_tier(&verdict, question.tier)
    }))
}

/// What becomes of a code of this person's own device; `None` for others' codes, and for what has not two good signatures.
pub(super) async fn verify_own(
    service: &Service,
    person: PersonId,
    code: &str,
    policy: &ScenePolicy,
    challenge: Option<&Challenge>,
) -> Result<Option<Verdict>, Problem> {
    let verdict = verify_online(service, code, policy, challenge, "", service.clock.now());
    let verdict = verdict.map_err(|_| Problem::internal("there is no trust list"))?;
    let Some(holder) = verdict.holder() else { return Ok(None) };
    let of_pass = find_holder(service, &holder.pass).await?;
    Ok(of_pass.is_some_and(|found| found.id == person).then_some(verdict))
}

/// True for a code that was drawn with this authentication tier or a higher one.
pub(super) fn has_tier(verdict: &Verdict, tier: u8) -> bool {
    verdict.holder().is_some_and(|holder| holder.tier as u8 >= tier)
}
