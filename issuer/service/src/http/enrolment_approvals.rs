//! The person's own word about a new device, from a phone that is there: it takes the place of the second registrar's.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_protocol::code::Challenge;
use szid_protocol::scene::ScenePolicy;
use szid_protocol::verdict::Decision;

use super::auth::ActiveHolder;
use super::body::JsonBody;
use super::consents::{has_tier, verify_own};
use super::problem::Problems;
use super::registrar_requests::read_id;
use super::{App, Problem};
use crate::service::Service;
use crate::store::{Act, Circle, DeviceRule, PersonId, Request, RequestFault};

/// Whom an approval is for: no venue's id has a colon.
const AUDIENCE: &str = "szid:enrolment";
/// The least authentication tier of an approval: the phone's own lock was opened.
const TIER: u8 = 2;

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
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EnrolmentQuestions {
    enrolments: Vec<EnrolmentQuestion>,
}

/// New devices that counters asked for and nobody has confirmed yet.
#[utoipa::path(get, path = "/v1/holder/enrolments", tag = "holder", security(("holder" = [])), responses(
    (status = 200, body = EnrolmentQuestions),
    Problems,
))]
pub(super) async fn questions(
    ActiveHolder(person): ActiveHolder,
    State(service): State<App>,
) -> Result<Json<EnrolmentQuestions>, Problem> {
    let now = service.clock.now();
    let requests = service.store.requests(&Circle::Registrars).await?;
    let question = |request: Request| {
        let expires_at = request.expires_at();
        match request.act {
            Act::Enrolment { person: concerned, devices }
                if concerned == person && !request.approved && expires_at > now =>
            {
                Some(EnrolmentQuestion {
                    id: BASE64URL_NOPAD.encode(&request.id),
                    devices,
                    asked_at: request.asked_at,
                    expires_at,
                    audience: AUDIENCE,
                    tier: TIER,
                })
            }
            _ => None,
        }
    };
    Ok(Json(EnrolmentQuestions { enrolments: requests.into_iter().filter_map(question).collect() }))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct EnrolmentAnswer {
    approve: bool,
    /// For an approval: a citizen code whose challenge is this question (audience as told, nonce: the bytes of its id), drawn
    /// with at least the tier that is asked for.
    code: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EnrolmentAnswered {
    approved: bool,
}

/// Approves a new device, signed by a device that is there, or refuses it.
#[utoipa::path(post, path = "/v1/holder/enrolments/{id}", tag = "holder", security(("holder" = [])),
    params(("id" = String, Path, description = "The question")),
    request_body = EnrolmentAnswer, responses(
    (status = 200, body = EnrolmentAnswered),
    Problems,
))]
pub(super) async fn answer(
    ActiveHolder(person): ActiveHolder,
    State(service): State<App>,
    id: Result<Path<String>, PathRejection>,
    JsonBody(EnrolmentAnswer { approve, code }): JsonBody<EnrolmentAnswer>,
) -> Result<Json<EnrolmentAnswered>, Problem> {
    let (id, now) = (read_id(id)?, service.clock.now());
    if approve {
        if !is_approval(&service, person, &id, code.as_deref().unwrap_or_default()).await? {
            return Err(Problem::ConsentCode);
        }
        service.store.approve_enrolment(person, id, now).await??;
    } else {
        let request = service.store.request(&Circle::Registrars, id).await?;
        let concerned = request.is_some_and(|request| {
            matches!(request.act, Act::Enrolment { person: concerned, .. } if concerned == person)
        });
        if !concerned {
            return Err(RequestFault::Unknown.into());
        }
        service.store.refuse(&Circle::Registrars, id, "holder".into(), now).await??;
    }
    Ok(Json(EnrolmentAnswered { approved: approve }))
}

/// True for a code of this person's device that answers this question, drawn by whoever opened the phone's lock.
async fn is_approval(
    service: &Service,
    person: PersonId,
    id: &[u8; 16],
    code: &str,
) -> Result<bool, Problem> {
    let challenge = Challenge { audience: AUDIENCE.into(), nonce: id.to_vec() };
    let any = ScenePolicy::any();
    let verdict = verify_own(service, person, code, &any, Some(&challenge)).await?;
    Ok(verdict
        .is_some_and(|verdict| verdict.decision() == Decision::Accept && has_tier(&verdict, TIER)))
}
