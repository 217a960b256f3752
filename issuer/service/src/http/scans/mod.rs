//! Scans of venues: one total verification each, the register's own word, the citizen's where the scene asks, and an answer
//! only after it is on disk.

mod asking;
mod judging;
mod release;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_protocol::code::Challenge;
use szid_protocol::reason::{Reason, Text};
use szid_protocol::scene::{ConsentRule, ScenePolicy};
use szid_protocol::verdict::{Decision, Freshness, Holder, Verdict};
use szid_protocol::verify::{derive_replay_key, replay_reason};
use szid_verifier::derive_operator_digest;

use super::auth::VenueDevice;
use super::body::JsonBody;
use super::gatekeeper::Patience;
use super::problem::Problems;
use super::{App, Problem, numbers};
use crate::claims::Claims;
use crate::entropy::make_receipt_id;
use crate::publication::SignedScenes;
use crate::service::Service;
use crate::store::{
    Consent, Earlier, Kept, PersonId, ReceiptId, Retry, ScanOutcome, ScanRecord, Subject, UsedCode,
};
use asking::Checked;
pub(super) use asking::scene_of;
pub(super) use judging::{find_holder, verify_online};

const MAX_BATCH: usize = 100;
/// Codes that are verified in a row: below a millisecond's work, so that a large batch is spread over the cores and holds
/// up nobody else's request.
const CHUNK: usize = 4;

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct ScanRequest {
    /// What the scanner read, or the short number that was typed.
    code: String,
    /// One of the venue's scenes; may be left out where it has one only.
    scene: Option<u16>,
    /// Who scans, in the venue's own words; at most 64 bytes.
    #[serde(default)]
    operator: String,
    /// The nonce of the challenge that the venue has shown, base64url.
    nonce: Option<String>,
    /// Why, where the scene demands it; at most 64 bytes.
    #[serde(default)]
    purpose: String,
    /// The case number, where the scene demands it; at most 64 bytes.
    #[serde(default)]
    case: String,
    /// The claims that the venue wants, by name, where it wants fewer than its scene gives.
    claims: Option<Vec<String>>,
}

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct BatchRequest {
    /// At most 100.
    #[schema(max_items = 100)]
    scans: Vec<ScanRequest>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Words {
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
    pub(super) decision: &'static str,
    /// The stable code of the reason, listed in `docs/errors.md`.
    pub(super) reason: &'static str,
    /// What happened.
    pub(super) text: Words,
    /// What staff say or do.
    staff: Words,
    /// What the citizen does.
    pub(super) citizen: Words,
    /// The scene.
    scene: u16,
    /// The effective level, once both signatures were verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    freshness: Option<Ages>,
    /// Seconds by which the code is older than this answer, once its signature was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_difference: Option<i64>,
    /// What the scene gives of this person, by the names of the claims registry; absent where it gives nothing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    claims: BTreeMap<&'static str, serde_json::Value>,
    /// How many days the venue may keep the claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_days: Option<u32>,
    /// What became of the question to the citizen.
    consent: Consent,
    /// Names this scan for both sides.
    pub(super) receipt: String,
    /// Unix seconds.
    pub(super) at: u64,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct BatchAnswer {
    /// In the order of the scans.
    verdicts: Vec<ScanAnswer>,
}

/// Verifies one code. A refused code is not an error: it is answered with a verdict.
///
/// Where the scene asks the citizen, the answer comes once they have answered, or the scene's time is over. With an
/// `Idempotency-Key` the same request can be sent again for a day: it gets the same verdict and receipt and counts once.
#[utoipa::path(post, path = "/v1/scans", tag = "scans", security(("venue" = []), ("console" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 64 visible ASCII characters, new for each scan")),
    request_body = ScanRequest, responses(
    (status = 200, body = ScanAnswer),
    Problems,
))]
pub(super) async fn scan(
    caller: VenueDevice,
    State(service): State<App>,
    Extension(patience): Extension<Patience>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<ScanRequest>,
) -> Result<Json<ScanAnswer>, Problem> {
    let now = service.clock.now();
    let scenes = service.scenes.current();
    let mut scan = asking::check(request, &caller, &scenes)?;
    let retry = asking::retry(&headers, &caller, &scan)?;
    if let Some(retry) = &retry
        && let Some(earlier) = service.store.earlier_scan(retry.key).await?
    {
        return repeat(&service, &caller, &scenes, &scan, retry, earlier).await.map(Json);
    }
    let verdict = match numbers::resolve(&service, &caller, &mut scan.code, now)? {
        // Two signatures are less work than handing them to another thread and back.
        Ok(()) => judging::judge(&service, &caller, &scenes, &scan, now),
        Err(reason) => Verdict::refuse(reason, scan.scene),
    };
    let asking = Asking::OnPhone(&patience);
    let answer = decide(&service, &caller, &scenes, scan, verdict, asking, retry, now).await?;
    Ok(Json(answer))
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
    let scan = Checked {
        code,
        scene: policy.id,
        operator: asking::scanned_by(caller, ""),
        challenge: Some(challenge),
        matter: None,
        only: None,
    };
    let verdict = judging::judge(service, caller, scenes, &scan, now);
    decide(service, caller, scenes, scan, verdict, Asking::Confirmed, None, now).await
}

/// The names of the claims that this person's confirmation gives.
pub(super) async fn claims_of(
    service: &Service,
    caller: &VenueDevice,
    policy: &ScenePolicy,
    person: PersonId,
    now: u64,
) -> Result<Vec<String>, Problem> {
    Ok(release::assemble(service, caller, policy, person, None, now).await?.names())
}

/// How the citizen's word is had where the scene asks for it.
enum Asking<'a> {
    /// The phone is asked now, and the request is open for as long.
    OnPhone(&'a Patience),
    /// The code itself is the citizen's confirmation.
    Confirmed,
}

/// From the verdict on a code to the answer: what the register knows, the citizen's word, and both on disk.
#[expect(clippy::too_many_arguments, reason = "the one place where all of a scan comes together")]
async fn decide(
    service: &Service,
    caller: &VenueDevice,
    scenes: &SignedScenes,
    scan: Checked,
    verdict: Verdict,
    asking: Asking<'_>,
    retry: Option<Retry>,
    now: u64,
) -> Result<ScanAnswer, Problem> {
    let policy = scenes.policies.scene(scan.scene).map_err(|_| Problem::SceneDenied)?;
    let (mut verdict, holder) = judging::ask_register(service, verdict, policy).await?;
    let person = holder.map(|holder| holder.id);
    let (mut claims, mut consent) = (None, Consent::NotAsked);
    if let Some(person) = person.filter(|_| verdict.decision() == Decision::Accept) {
        let only = scan.only.as_deref();
        let assembled = release::assemble(service, caller, policy, person, only, now).await?;
        if release::must_ask(&verdict, policy)
            && !is_used_up(service, &verdict, &scan, policy).await?
        {
            consent = match asking {
                Asking::Confirmed => Consent::Approved,
                Asking::OnPhone(patience) => {
                    patience.ask_for(release::MAX_CONSENT_SECONDS);
                    release::ask_citizen(service, caller, policy, &scan, person, &assembled).await?
                }
            };
            verdict = release::after_consent(verdict, consent);
        }
        claims = Some(assembled);
    }
    let judged = Judged { scan, verdict, person, claims, consent };
    let record = record(service, caller, policy, &judged, retry, now)?;
    let receipt = record.receipt;
    let kept = service.store.record_scans(vec![record]).await?;
    match kept.into_iter().next() {
        Some(Kept::New(seen)) => {
            let verdict = judged.verdict.after_use(seen, policy.replay);
            let claims = judged.claims;
            Ok(answer(service, &verdict, policy, claims, consent, &receipt, now))
        }
        // The same request came twice at once, and the other was first.
        Some(Kept::Before(earlier)) => match &retry {
            Some(retry) => repeat(service, caller, scenes, &judged.scan, retry, earlier).await,
            None => Err(Problem::internal("an answer to a request without its key")),
        },
        None => Err(Problem::internal("no answer for a scan that was kept")),
    }
}

/// Verifies many codes, for turnstiles and ticket gates. No claims are given, and scenes that ask the citizen are refused
/// here. A request that is wrong in one scan is refused as a whole, before any code is looked at.
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
    let checked = request.scans.into_iter().map(|scan| asking::check(scan, &caller, &scenes));
    let mut scans = checked.collect::<Result<Vec<_>, _>>()?;
    let mut chunks = Vec::new();
    while !scans.is_empty() {
        let rest = scans.split_off(scans.len().min(CHUNK));
        let chunk = std::mem::replace(&mut scans, rest);
        let (service, scenes) = (App::clone(&service), scenes.clone());
        let caller = caller.clone();
        chunks.push(tokio::spawn(async move {
            let judged = chunk.into_iter().map(|scan| {
                let verdict = judging::judge(&service, &caller, &scenes, &scan, now);
                (scan, verdict)
            });
            judged.collect::<Vec<_>>()
        }));
    }
    let (mut records, mut verdicts) = (Vec::new(), Vec::new());
    for chunk in chunks {
        for (scan, verdict) in
            chunk.await.map_err(|_| Problem::internal("a batch was not judged to its end"))?
        {
            let policy = scenes.policies.scene(scan.scene).map_err(|_| Problem::SceneDenied)?;
            let (mut verdict, holder) = judging::ask_register(&service, verdict, policy).await?;
            let person = holder.map(|holder| holder.id);
            if policy.consent == ConsentRule::Ask && verdict.decision() == Decision::Accept {
                verdict = verdict.overruled(Reason::ConsentNeeded);
            }
            let (claims, consent) = (None, Consent::NotAsked);
            let judged = Judged { scan, verdict, person, claims, consent };
            let record = record(&service, &caller, policy, &judged, None, now)?;
            verdicts.push((judged.verdict, policy, record.receipt));
            records.push(record);
        }
    }
    let kept = service.store.record_scans(records).await?;
    let answers = verdicts.into_iter().zip(kept).map(|((verdict, policy, receipt), kept)| {
        // Without keys of idempotency every scan is new.
        let Kept::New(seen) = kept else {
            return Err(Problem::internal("an answer to a request without its key"));
        };
        let verdict = verdict.after_use(seen, policy.replay);
        Ok(answer(&service, &verdict, policy, None, Consent::NotAsked, &receipt, now))
    });
    Ok(Json(BatchAnswer { verdicts: answers.collect::<Result<_, _>>()? }))
}

/// True where this code is known to be used, so that asking anybody about it would be in vain. The last word has the
/// transaction that keeps the scan.
async fn is_used_up(
    service: &Service,
    verdict: &Verdict,
    scan: &Checked,
    policy: &ScenePolicy,
) -> Result<bool, Problem> {
    let Some(holder) = verdict.holder() else { return Ok(false) };
    let seen = service.store.seen(used_code(holder, scan)).await?;
    Ok(!replay_reason(seen, policy.replay).is_accept())
}

fn used_code(holder: &Holder, scan: &Checked) -> UsedCode {
    let key = derive_replay_key(holder);
    let operator = derive_operator_digest(&scan.operator);
    UsedCode { device: key.device, iat: key.iat, operator }
}

/// A scan that was decided but for what the store knows of its code.
struct Judged {
    scan: Checked,
    verdict: Verdict,
    person: Option<PersonId>,
    claims: Option<Claims>,
    consent: Consent,
}

/// What is kept of a scan.
fn record(
    service: &Service,
    caller: &VenueDevice,
    policy: &ScenePolicy,
    judged: &Judged,
    retry: Option<Retry>,
    now: u64,
) -> Result<ScanRecord, Problem> {
    let Judged { scan, verdict, person, claims, consent } = judged;
    let outcome = match verdict.holder().filter(|_| verdict.reason() == Reason::Ok) {
        None => ScanOutcome::Refused(verdict.reason()),
        Some(holder) => ScanOutcome::Good { used: used_code(holder, scan), rule: policy.replay },
    };
    let subject = person.map(|person| Subject {
        person,
        claims: claims.as_ref().map(Claims::names).unwrap_or_default(),
        consent: *consent,
    });
    Ok(ScanRecord {
        receipt: make_receipt_id(&*service.entropy, now)?,
        venue: caller.venue.id.clone(),
        device: caller.device.clone(),
        site: caller.site_id(),
        scene: scan.scene,
        outcome,
        subject,
        matter: scan.matter.clone(),
        retry,
        at: now,
    })
}

/// Answers what the same request was answered before.
async fn repeat(
    service: &Service,
    caller: &VenueDevice,
    scenes: &SignedScenes,
    scan: &Checked,
    retry: &Retry,
    earlier: Earlier,
) -> Result<ScanAnswer, Problem> {
    if earlier.request != retry.request {
        return Err(Problem::IdempotencyReused);
    }
    let policy = scenes.policies.scene(scan.scene).map_err(|_| Problem::SceneDenied)?;
    let reason = Reason::from_code(&earlier.reason)
        .ok_or_else(|| Problem::internal("a kept reason is not known"))?;
    let mut claims = None;
    if let Some(person) = earlier.person.filter(|_| reason.is_accept()) {
        let only = scan.only.as_deref();
        let given = release::assemble(service, caller, policy, person, only, earlier.at);
        claims = Some(given.await?);
    }
    let Earlier { consent, receipt, at, .. } = earlier;
    Ok(ScanAnswer::of(reason, policy, claims, consent, &receipt, at))
}

impl ScanAnswer {
    /// What every answer says. Claims go with an acceptance only.
    fn of(
        reason: Reason,
        policy: &ScenePolicy,
        claims: Option<Claims>,
        consent: Consent,
        receipt: &ReceiptId,
        at: u64,
    ) -> Self {
        let claims = claims.filter(|_| reason.is_accept()).map(Claims::into_object);
        let claims = claims.unwrap_or_default();
        Self {
            decision: if reason.is_accept() { "accept" } else { "refuse" },
            reason: reason.code(),
            text: reason.text().into(),
            staff: reason.staff().into(),
            citizen: reason.citizen().into(),
            scene: policy.id,
            level: None,
            freshness: None,
            clock_difference: None,
            retention_days: (!claims.is_empty()).then_some(policy.retention_days),
            claims,
            consent,
            receipt: BASE64URL_NOPAD.encode(receipt),
            at,
        }
    }
}

/// The answer to a scan that was just kept.
fn answer(
    service: &Service,
    verdict: &Verdict,
    policy: &ScenePolicy,
    claims: Option<Claims>,
    consent: Consent,
    receipt: &ReceiptId,
    at: u64,
) -> ScanAnswer {
    let reason = verdict.reason();
    service.metrics.scanned(reason.is_accept(), reason.code());
    let Freshness { trust_age, status_age } = verdict.freshness();
    ScanAnswer {
        level: verdict.level(),
        freshness: Some(Ages { trust_age, status_age }),
        clock_difference: verdict.clock_difference(),
        ..ScanAnswer::of(reason, policy, claims, consent, receipt, at)
    }
}
