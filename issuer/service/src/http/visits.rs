//! The reverse flow: the citizen scans the venue's code, sees who asks what, and confirms; the desk's screen
//! shows the verdict.

use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::IntoResponse;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use szid_protocol::code::Challenge;
use szid_protocol::scene::{ConsentRule, ScenePolicy};
use szid_protocol::venue::{NONCE_BYTES, VenueCode};

use super::auth::{Holder, HolderDevice};
use super::body::JsonBody;
use super::problem::Refusal;
use super::query::{QueryOf, read_where_given};
use super::refusals::{Conflict, Problems, Unprocessable};
use super::scans::{ScanAnswer, Words, claims_of, decide_visit, scene_of};
use super::{App, Problem};
use crate::access::{Admission, MAX_WAIT_SECONDS, Payer, VenueDevice, WaitsFor, still_admitted};
use crate::publication::SignedScenes;
use crate::service::Service;
use crate::store::{PersonId, ReceiptId, Session};
use crate::verification::{answered, has_tier, verify_own};
use crate::visits::{Desk, Unseen};

/// A confirmation is taken for one to two of these, seconds.
const WINDOW: u64 = 120;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Following {
    /// Seconds to hold the request open while there is nothing to show; at most 25.
    #[serde(default)]
    wait: u64,
    /// Where the last answer said to go on, or the receipt of the last visit that was shown.
    after: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct VisitList {
    /// The oldest first. Each is there for a minute for every window of the desk; a request without `after`
    /// gets those that no request has named as seen.
    #[schema(value_type = Vec<ScanAnswer>)]
    visits: Vec<Value>,
    /// To be named as `after` next time, also where there was nothing: so each window of a desk gets every
    /// visit once.
    next: String,
}

/// The verdicts of citizens who scanned this desk's code. As long as a desk asks for them, citizens can
/// confirm here.
#[utoipa::path(get, path = "/v1/visits", tag = "scans",
    operation_id = "venue_visits", security(("venue" = []), ("console" = [])),
    params(Following), responses(
    (status = 200, body = VisitList),
    Problems,
))]
pub(super) async fn visits(
    caller: VenueDevice,
    State(service): State<App>,
    Extension(admission): Extension<Admission>,
    QueryOf(Following { wait, after }): QueryOf<Following>,
) -> Result<impl IntoResponse, Refusal> {
    let after = read_where_given(after.as_deref(), "after", read_receipt)?;
    let time = Duration::from_secs(wait.min(MAX_WAIT_SECONDS));
    let desk = (caller.venue.id.clone(), caller.device.clone());
    let follow = |time| service.visits.follow(desk.clone(), after, time, || service.clock.now());
    // Without a place to wait it is told at once what there is.
    let visits = match admission.wait(WaitsFor::News, time, follow(time)).await {
        Ok(visits) => visits,
        Err(_) => follow(Duration::ZERO).await,
    };
    still_admitted(&service, &caller).await?;
    let Unseen { visits, next } = visits.ok_or(Problem::Busy)?;
    let visits = visits.into_iter().map(|visit| visit.answer).collect();
    let next = BASE64URL_NOPAD.encode(&next);
    Ok(Json(VisitList { visits, next }))
}

/// A receipt's id as it is written.
pub(super) fn read_receipt(text: &str) -> Option<ReceiptId> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()
}

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct VenueQuestion {
    /// What the phone read at the venue.
    venue_code: String,
}

/// Who asks, and what for: to be shown to the citizen before they confirm.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct VenueView {
    /// The venue's id, the audience of the confirmation.
    venue: String,
    venue_name: String,
    /// Where the desk stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    site_name: Option<String>,
    /// The desk whose screen shows the verdict.
    device: String,
    scene: u16,
    scene_zh: String,
    scene_en: String,
    /// The names of the claims that the venue receives of this holder.
    claims: Vec<String>,
    /// The least authentication tier of the confirmation: 1 app open, 2 device credential, 3 biometric.
    tier: u8,
    /// How many days the venue may keep what it receives.
    retention_days: u32,
    /// What the confirming code answers, base64url; good for two minutes at least.
    nonce: String,
    /// Whether somebody looks at the desk's screen now.
    followed: bool,
}

/// What a venue's code asks for. Nothing is recorded, and the venue learns nothing.
#[utoipa::path(post, path = "/v1/holder/venue", tag = "holder",
    operation_id = "read_venue_code", security(("holder" = [])),
    request_body = VenueQuestion, responses(
    (status = 200, body = VenueView),
    Problems, Conflict, Unprocessable,
))]
pub(super) async fn venue(
    Holder(person): Holder,
    State(service): State<App>,
    JsonBody(VenueQuestion { venue_code }): JsonBody<VenueQuestion>,
) -> Result<impl IntoResponse, Problem> {
    let now = service.clock.now();
    let scenes = service.scenes.current();
    let place = Place::read(&service, &scenes, &venue_code, now).await?;
    let Place { caller, policy, .. } = &place;
    let (scene_zh, scene_en) = scenes.names(policy.id);
    let claims = claims_of(&service, caller, policy, person, now).await?;
    let view = VenueView {
        venue: caller.venue.id.clone(),
        venue_name: caller.venue.name.clone(),
        site_name: caller.site_name(),
        device: caller.device.clone(),
        scene: policy.id,
        scene_zh,
        scene_en,
        claims,
        tier: tier(policy),
        retention_days: policy.retention_days,
        nonce: BASE64URL_NOPAD.encode(&nonce(&service, person, &venue_code, now / WINDOW)),
        followed: service.visits.is_followed(&place.desk(), now),
    };
    Ok(Json(view))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct VisitRequest {
    /// What the phone read at the venue.
    venue_code: String,
    /// A citizen code that answers the nonce (audience: the venue's id), drawn with at least the tier that is
    /// asked for.
    code: String,
}

/// What the citizen sees; the same receipt is the desk's.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct VisitTold {
    /// `accept` or `refuse`.
    decision: &'static str,
    /// The stable code of the reason.
    reason: &'static str,
    text: Words,
    citizen: Words,
    receipt: String,
    /// Unix seconds.
    at: u64,
}

/// Confirms: the code is judged as any scan at that desk is, and the desk's screen shows the verdict.
#[utoipa::path(post, path = "/v1/holder/visits", tag = "holder", security(("holder" = [])),
    request_body = VisitRequest, responses(
    (status = 200, body = VisitTold),
    Problems, Conflict, Unprocessable,
))]
pub(super) async fn visit(
    HolderDevice(Session { person, device }): HolderDevice,
    State(service): State<App>,
    JsonBody(VisitRequest { venue_code, code }): JsonBody<VisitRequest>,
) -> Result<Json<VisitTold>, Refusal> {
    service.code_rates.take(Payer::Device(device), 1, &service.metrics)?;
    let now = service.clock.now();
    let scenes = service.scenes.current();
    let place = Place::read(&service, &scenes, &venue_code, now).await?;
    let desk = place.desk();
    if !service.visits.is_followed(&desk, now) {
        return Err(Problem::VenueAway.into());
    }
    let challenge = confirmation(&service, person, &place, &venue_code, &code, now).await?;
    let Place { caller, policy } = place;
    let answer = decide_visit(&service, &caller, &scenes, policy, code, challenge, now).await?;
    let shown = serde_json::to_value(&answer)
        .map_err(|_| Problem::internal("a verdict has no JSON form"))?;
    let receipt = read_receipt(&answer.receipt)
        .ok_or_else(|| Problem::internal("a receipt of our own cannot be read"))?;
    service.visits.send(&desk, receipt, shown, now);
    let ScanAnswer { decision, reason, text, citizen, receipt, at, .. } = answer;
    Ok(Json(VisitTold { decision, reason, text, citizen, receipt, at }))
}

/// The desk that a venue code is of, with what its scene asks for.
struct Place<'a> {
    caller: VenueDevice,
    policy: &'a ScenePolicy,
}

impl<'a> Place<'a> {
    async fn read(
        service: &Service,
        scenes: &'a SignedScenes,
        venue_code: &str,
        now: u64,
    ) -> Result<Self, Problem> {
        let trust =
            service.trust.current().map_err(|_| Problem::internal("there is no trust list"))?;
        let code = VenueCode::verify(venue_code, &trust, now).map_err(|_| Problem::VenueCode)?;
        let venue = service.store.venue(&code.venue).await?.ok_or(Problem::VenueCode)?;
        let caller = VenueDevice::find(service, venue, code.device, None).await?;
        let scene = scene_of(&caller.venue, Some(code.scene))?;
        let policy = scenes.policies.scene(scene).map_err(|_| Problem::SceneDenied)?;
        // Operator and case are the clerk's to name.
        if policy.case {
            return Err(Problem::MatterMissing);
        }
        Ok(Self { caller, policy })
    }

    fn desk(&self) -> Desk {
        (self.caller.venue.id.clone(), self.caller.device.clone())
    }
}

/// The least tier of a confirmation.
fn tier(policy: &ScenePolicy) -> u8 {
    if policy.consent == ConsentRule::Ask { policy.consent_tier } else { 1 }
}

/// What a confirmation answers: for one person, one venue code and a short time.
fn nonce(service: &Service, person: PersonId, venue_code: &str, window: u64) -> [u8; NONCE_BYTES] {
    let asked = Sha256::digest(venue_code);
    let content = [b"visit\0".as_slice(), &window.to_be_bytes(), &person.0, &asked];
    service.register_key.derive_challenge(&content.concat())
}

/// The challenge that the holder's own code answers, drawn with the tier that the scene asks for.
async fn confirmation(
    service: &Service,
    person: PersonId,
    place: &Place<'_>,
    venue_code: &str,
    code: &str,
    now: u64,
) -> Result<Challenge, Problem> {
    let newest = now / WINDOW;
    let nonces = [newest.saturating_sub(1), newest];
    let nonces = nonces.into_iter().map(|at| nonce(service, person, venue_code, at));
    let challenge = answered(code, &place.caller.venue.id, nonces).ok_or(Problem::ConsentCode)?;
    let policy = place.policy;
    let verdict = verify_own(service, person, code, policy, Some(&challenge)).await?;
    match verdict {
        Some(verdict) if has_tier(&verdict, tier(policy)) => Ok(challenge),
        _ => Err(Problem::ConsentCode),
    }
}
