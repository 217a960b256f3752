//! Scans of venues: one total verification each, the register's own word, and an answer only after it is on disk.

use axum::Json;
use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_protocol::code::Challenge;
use szid_protocol::reason::{Reason, Text};
use szid_protocol::scene::ScenePolicy;
use szid_protocol::verdict::{Decision, Verdict};
use szid_protocol::verify::{Evidence, NoReplayMemory, Question, derive_replay_key, verify};
use szid_verifier::scanner::Scanner;
use szid_verifier::{AwsLcBackend, derive_operator_digest};

use super::auth::VenueDevice;
use super::body::JsonBody;
use super::problem::Problems;
use super::{App, Problem};
use crate::entropy::make_random;
use crate::publication::SignedScenes;
use crate::service::Service;
use crate::store::{Account, ScanOutcome, ScanRecord, UsedCode, Venue};

const MAX_BATCH: usize = 100;
const MAX_OPERATOR_BYTES: usize = 64;
/// Codes that are verified in a row: below a millisecond's work, so that a large batch is spread over the cores and holds
/// up nobody else's request.
const CHUNK: usize = 4;

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct ScanRequest {
    /// What the scanner read.
    code: String,
    /// One of the venue's scenes; may be left out where it has one only.
    scene: Option<u16>,
    /// Who scans, in the venue's own words; at most 64 bytes.
    #[serde(default)]
    operator: String,
    /// The nonce of the challenge that the venue has shown, base64url.
    nonce: Option<String>,
}

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct BatchRequest {
    /// At most 100.
    #[schema(max_items = 100)]
    scans: Vec<ScanRequest>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Words {
    zh: &'static str,
    en: &'static str,
}

impl From<Text> for Words {
    fn from(Text { zh, en }: Text) -> Self {
        Self { zh, en }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
struct Ages {
    /// Age of the trust list, seconds.
    trust_age: Option<u64>,
    /// Age of the status, seconds; 0 here, where the register itself is asked.
    status_age: Option<u64>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ScanAnswer {
    /// `accept` or `refuse`.
    decision: &'static str,
    /// The stable code of the reason, listed in `docs/errors.md`.
    reason: &'static str,
    /// What happened.
    text: Words,
    /// What staff say or do.
    staff: Words,
    /// What the citizen does.
    citizen: Words,
    /// The scene.
    scene: u16,
    /// The effective level, once both signatures were verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<u8>,
    freshness: Ages,
    /// Seconds by which the code is older than this answer, once its signature was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_difference: Option<i64>,
    /// Names this scan for both sides.
    receipt: String,
    /// Unix seconds.
    at: u64,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct BatchAnswer {
    /// In the order of the scans.
    verdicts: Vec<ScanAnswer>,
}

/// A request whose every part but the code was found good.
struct Checked {
    code: String,
    scene: u16,
    operator: String,
    challenge: Option<Challenge>,
}

/// Verifies one code. A refused code is not an error: it is answered with a verdict.
#[utoipa::path(post, path = "/v1/scans", tag = "scans", security(("venue" = []), ("console" = [])),
    request_body = ScanRequest, responses(
    (status = 200, body = ScanAnswer),
    Problems,
))]
pub(super) async fn scan(
    caller: VenueDevice,
    State(service): State<App>,
    JsonBody(request): JsonBody<ScanRequest>,
) -> Result<Json<ScanAnswer>, Problem> {
    let now = service.clock.now();
    let scenes = service.scenes.current();
    let scan = check(request, &caller, &scenes)?;
    // Two signatures are less work than handing them to another thread and back.
    let verdict = judge(&service, &scenes, &scan, now);
    let answers = settle(&service, &caller, &scenes, vec![(scan, verdict)], now).await?;
    answers.into_iter().next().map(Json).ok_or(Problem::Busy)
}

/// Verifies many codes. A request that is wrong in one scan is refused as a whole, before any code is looked at.
#[utoipa::path(post, path = "/v1/scans/batch", tag = "scans", security(("venue" = []), ("console" = [])),
    request_body = BatchRequest, responses(
    (status = 200, body = BatchAnswer),
    Problems,
))]
pub(super) async fn batch(
    caller: VenueDevice,
    State(service): State<App>,
    JsonBody(request): JsonBody<BatchRequest>,
) -> Result<Json<BatchAnswer>, Problem> {
    if request.scans.len() > MAX_BATCH {
        return Err(Problem::TooLarge);
    }
    let now = service.clock.now();
    let scenes = service.scenes.current();
    let checked = request.scans.into_iter().map(|scan| check(scan, &caller, &scenes));
    let mut scans = checked.collect::<Result<Vec<_>, _>>()?;
    let mut chunks = Vec::new();
    while !scans.is_empty() {
        let rest = scans.split_off(scans.len().min(CHUNK));
        let chunk = std::mem::replace(&mut scans, rest);
        let (service, scenes) = (App::clone(&service), scenes.clone());
        chunks.push(tokio::spawn(async move {
            let judged = chunk.into_iter().map(|scan| {
                let verdict = judge(&service, &scenes, &scan, now);
                (scan, verdict)
            });
            judged.collect::<Vec<_>>()
        }));
    }
    let mut judged = Vec::new();
    for chunk in chunks {
        judged.extend(chunk.await.map_err(|_| Problem::Busy)?);
    }
    let verdicts = settle(&service, &caller, &scenes, judged, now).await?;
    Ok(Json(BatchAnswer { verdicts }))
}

fn check(
    request: ScanRequest,
    caller: &VenueDevice,
    scenes: &SignedScenes,
) -> Result<Checked, Problem> {
    let scene = scene(&caller.venue, request.scene)?;
    scenes.policies.scene(scene).map_err(|_| Problem::SceneDenied)?;
    if request.operator.len() > MAX_OPERATOR_BYTES {
        return Err(Problem::BadRequest);
    }
    let challenge = match request.nonce {
        None => None,
        Some(nonce) => {
            let nonce =
                BASE64URL_NOPAD.decode(nonce.as_bytes()).map_err(|_| Problem::BadRequest)?;
            Some(Challenge { audience: caller.venue.id.clone(), nonce })
        }
    };
    let operator = format!("{}/{}/{}", caller.venue.id, caller.device, request.operator);
    Ok(Checked { code: request.code, scene, operator, challenge })
}

/// The scene that was asked for, which must be one that the venue is registered for.
fn scene(venue: &Venue, asked: Option<u16>) -> Result<u16, Problem> {
    match (asked, venue.scenes.as_slice()) {
        (Some(id), scenes) if scenes.contains(&id) => Ok(id),
        (Some(_), _) => Err(Problem::SceneDenied),
        (None, [only]) => Ok(*only),
        (None, _) => Err(Problem::SceneMissing),
    }
}

/// Everything that the code itself and the board of statuses can tell.
fn judge(service: &Service, scenes: &SignedScenes, scan: &Checked, now: u64) -> Verdict {
    judged(service, scenes, scan, now).unwrap_or_else(|reason| Verdict::refuse(reason, scan.scene))
}

fn judged(
    service: &Service,
    scenes: &SignedScenes,
    scan: &Checked,
    now: u64,
) -> Result<Verdict, Reason> {
    let code = Scanner::default().read(&scan.code)?;
    let trust = service.trust.current()?;
    let question = Question {
        code: &code,
        now,
        newest_signed_time: 0,
        scene: scenes.policies.scene(scan.scene)?,
        challenge: scan.challenge.as_ref(),
        online: true,
        operator: &scan.operator,
    };
    let evidence = Evidence {
        backend: &AwsLcBackend,
        trust: &trust,
        status: &service.statuses.at(now),
        // The store remembers used codes, in the transaction that keeps the scan.
        replay: &NoReplayMemory,
        passes: &service.passes,
    };
    Ok(verify(&question, &evidence))
}

/// Asks the register for the holder, keeps the scans, and answers with what they came to.
async fn settle(
    service: &Service,
    caller: &VenueDevice,
    scenes: &SignedScenes,
    judged: Vec<(Checked, Verdict)>,
    now: u64,
) -> Result<Vec<ScanAnswer>, Problem> {
    let mut verdicts = Vec::with_capacity(judged.len());
    let mut records = Vec::with_capacity(judged.len());
    for (scan, verdict) in judged {
        let policy = scenes.policies.scene(scan.scene).map_err(|_| Problem::SceneDenied)?;
        let verdict = with_register(service, verdict, policy).await?;
        let receipt = make_random::<16>(&*service.entropy)?;
        let outcome = match verdict.holder().filter(|_| verdict.reason() == Reason::Ok) {
            None => ScanOutcome::Refused(verdict.reason()),
            Some(holder) => {
                let key = derive_replay_key(holder);
                let operator = derive_operator_digest(&scan.operator);
                let used = UsedCode { device: key.device, iat: key.iat, operator };
                ScanOutcome::Good { used, rule: policy.replay }
            }
        };
        records.push(ScanRecord {
            receipt,
            venue: caller.venue.id.clone(),
            device: caller.device.clone(),
            scene: scan.scene,
            outcome,
            at: now,
        });
        verdicts.push((verdict, policy.replay, receipt));
    }
    let seen = service.store.record_scans(records).await?;
    let answers = verdicts.into_iter().zip(seen).map(|((verdict, rule, receipt), seen)| {
        let verdict = verdict.after_use(seen, rule);
        let accepted = verdict.decision() == Decision::Accept;
        service.metrics.scanned(accepted, verdict.reason().code());
        answer(&verdict, &receipt, now)
    });
    Ok(answers.collect())
}

/// What only the register knows: whose pass it is, and on which document that identity rests.
async fn with_register(
    service: &Service,
    verdict: Verdict,
    policy: &ScenePolicy,
) -> Result<Verdict, Problem> {
    let Some(holder) = verdict.holder().filter(|_| verdict.decision() == Decision::Accept) else {
        return Ok(verdict);
    };
    let person = service.store.pass_holder(holder.pass.exp, holder.pass.status_index).await?;
    let covers = |class| policy.classes.is_empty() || policy.classes.contains(&class);
    Ok(match person {
        None => verdict.overruled(Reason::HolderUnknown),
        Some(person) if person.account == Account::Frozen => verdict.overruled(Reason::Frozen),
        Some(person) if person.account == Account::Revoked => verdict.overruled(Reason::Revoked),
        Some(person) if !covers(person.document_class) => verdict.overruled(Reason::ClassDenied),
        Some(_) => verdict,
    })
}

fn answer(verdict: &Verdict, receipt: &[u8; 16], at: u64) -> ScanAnswer {
    let reason = verdict.reason();
    let freshness = verdict.freshness();
    ScanAnswer {
        decision: match verdict.decision() {
            Decision::Accept => "accept",
            Decision::Refuse => "refuse",
        },
        reason: reason.code(),
        text: reason.text().into(),
        staff: reason.staff().into(),
        citizen: reason.citizen().into(),
        scene: verdict.scene(),
        level: verdict.level(),
        freshness: Ages { trust_age: freshness.trust_age, status_age: freshness.status_age },
        clock_difference: verdict.clock_difference(),
        receipt: BASE64URL_NOPAD.encode(receipt),
        at,
    }
}
