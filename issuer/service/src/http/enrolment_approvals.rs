//! The person's own word about a new device, from a phone that is there: it takes the place of the second
//! registrar's.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_register::{Approval, Approvers, DeviceRule, Request, RequestFault, Session};

use super::auth::ActiveDevice;
use super::body::JsonBody;
use super::refusals::{Conflict, Gone, Problems, Unprocessable};
use super::registrar_requests::read_id;
use super::{App, Problem};
use crate::devices::{Asked, TIER, check_approval};

/// Whom an approval is for: no venue's id has a colon.
const AUDIENCE: &str = "szid:enrolment";

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
    let now = service.clock.now();
    let requests = service.store.requests(&Approvers::Registrars).await?;
    let question = |request: Request| {
        let (expires_at, is_over) = (request.expires_at(), request.is_over(now));
        match request.act {
            Approval::Enrolment { person: concerned, devices }
                if concerned == person && !is_over =>
            {
                Some(EnrolmentQuestion {
                    id: BASE64URL_NOPAD.encode(&request.id),
                    devices,
                    asked_at: request.asked_at,
                    expires_at,
                    audience: AUDIENCE,
                    tier: TIER,
                    approved: request.approved_on.is_some(),
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
    let (id, now) = (read_id(id)?, service.clock.now());
    if approve {
        let asked = Asked { audience: AUDIENCE, id: &id };
        check_approval(&service, holder, asked, code.as_deref().unwrap_or_default()).await?;
        service.store.approve_enrolment(holder, id, now).await??;
    } else {
        let request = service.store.request(&Approvers::Registrars, id).await?;
        let concerned = request.is_some_and(|request| {
            matches!(request.act, Approval::Enrolment { person: concerned, .. } if concerned == holder.person)
        });
        if !concerned {
            return Err(RequestFault::Unknown.into());
        }
        service.store.reject_approval(&Approvers::Registrars, id, "holder".into(), now).await??;
    }
    Ok(Json(EnrolmentAnswered { approved: approve }))
}
