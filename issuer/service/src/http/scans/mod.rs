//! Scans of venues: one total verification each, the register's own word, the citizen's where the scene asks,
//! and an answer only after it is on disk.

mod answer;
mod asking;
pub(super) mod batch;
mod deciding;
mod judging;
mod release;
mod repeating;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use serde::Deserialize;
use szid_protocol::code::Challenge;
use szid_protocol::scene::ScenePolicy;

use super::body::JsonBody;
use super::problem::Refusal;
use super::refusals::{Problems, Unprocessable};
use super::{App, Problem};
use crate::access::{Admission, VenueDevice};
use crate::publication::SignedScenes;
use crate::service::Service;
use crate::store::PersonId;
pub(super) use answer::{ScanAnswer, Words};
use asking::Checked;
pub(super) use asking::scene_of;
use deciding::{Asking, Scan};
#[cfg(test)]
pub(super) use release::MAX_CONSENT_SECONDS;
pub(crate) use repeating::ScansInFlight;
use repeating::{ScanJob, answer_once};

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct ScanRequest {
    /// What the scanner read, or the short number that was typed.
    code: String,
    /// One of the venue's scenes; may be left out where it has one only.
    scene: Option<u16>,
    /// Who scans, in the venue's own words; at most 64 bytes.
    #[serde(default)]
    #[schema(max_length = 64)]
    operator: String,
    /// The nonce of the challenge that the venue has shown, base64url.
    #[schema(pattern = "^[A-Za-z0-9_-]*$")]
    nonce: Option<String>,
    /// Why, where the scene demands it; at most 64 bytes.
    #[serde(default)]
    #[schema(max_length = 64)]
    purpose: String,
    /// The case number, where the scene demands it; at most 64 bytes.
    #[serde(default)]
    #[schema(max_length = 64)]
    case: String,
    /// The claims that the venue wants, by name, where it wants fewer than its scene gives.
    claims: Option<Vec<String>>,
}

/// Verifies one code. A refused code is not an error: it is answered with a verdict.
///
/// Where the scene asks the citizen, the answer comes once they have answered, or the scene's time is over.
/// With an `Idempotency-Key` the same request can be sent again for a day: it gets the same verdict and
/// receipt, asks nobody again and counts once. The values of claims are repeated for two minutes, and not
/// once account, credential, venue or site have changed.
#[utoipa::path(post, path = "/v1/scans", tag = "scans", security(("venue" = []), ("console" = [])),
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,64}$", description = "1 to 64 visible ASCII characters, new for each scan")),
    request_body = ScanRequest, responses(
    (status = 200, body = ScanAnswer),
    Problems, Unprocessable,
))]
pub(super) async fn scan(
    caller: VenueDevice,
    State(service): State<App>,
    Extension(admission): Extension<Admission>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<ScanRequest>,
) -> Result<Json<ScanAnswer>, Refusal> {
    caller.pay(&service, 1)?;
    let now = service.clock.now();
    let scenes = service.scenes.current();
    let checked = asking::check(request, &caller, &scenes)?;
    let retry = asking::retry(&headers, &caller, &checked)?;
    let job = ScanJob { service, caller, scenes, checked, admission, now };
    let answer = match retry {
        None => job.run_to_its_end().await,
        Some(retry) => answer_once(job, retry).await,
    };
    Ok(Json(answer?))
}

/// A citizen's own confirmation of what a desk's code asks for, judged and kept as a scan of that desk.
pub(super) async fn decide_visit(
    service: &Service,
    caller: &VenueDevice,
    scenes: &SignedScenes,
    policy: &ScenePolicy,
    code: String,
    challenge: Challenge,
    now: u64,
) -> Result<ScanAnswer, Problem> {
    let checked = Checked {
        code,
        scene: policy.id,
        operator: asking::scanned_by(caller, ""),
        challenge: Some(challenge),
        matter: None,
        only: None,
    };
    let verdict = judging::judge(service, caller, scenes, &checked, now);
    let scan = Scan { service, caller, policy, now };
    scan.decide(checked, verdict, Asking::Confirmed, None).await
}

/// The names of the claims that this person's confirmation gives.
pub(super) async fn claims_of(
    service: &Service,
    caller: &VenueDevice,
    policy: &ScenePolicy,
    person: PersonId,
    now: u64,
) -> Result<Vec<String>, Problem> {
    let scan = Scan { service, caller, policy, now };
    Ok(scan.assemble(person, None).await?.names())
}
