//! Scans of venues: one total verification each, and an answer only after it is on disk.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use szid_protocol::code::Challenge;
use szid_protocol::reason::Reason;
use szid_protocol::scene::ScenePolicy;
use szid_protocol::verdict::{Decision, Verdict, VerdictView};
use szid_protocol::verify::{Evidence, Question, derive_replay_key, verify};
use szid_verifier::scanner::Scanner;
use szid_verifier::{AwsLcBackend, derive_operator_digest};

use super::{App, Problem, auth, parse};
use crate::entropy::make_random;
use crate::service::Service;
use crate::store::{Bearer, ScanRecord, UsedCode, Venue};

const MAX_BATCH: usize = 100;
const MAX_OPERATOR_BYTES: usize = 64;

#[derive(Deserialize)]
struct ScanRequest {
    code: String,
    scene: Option<u16>,
    #[serde(default)]
    operator: String,
    nonce: Option<String>,
}

#[derive(Deserialize)]
struct BatchRequest {
    scans: Vec<ScanRequest>,
}

#[derive(Serialize)]
struct ScanAnswer {
    #[serde(flatten)]
    verdict: VerdictView,
    receipt: String,
    at: u64,
}

struct Caller {
    venue: Venue,
    device: String,
}

pub(super) async fn scan(
    State(service): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let caller = caller(&service, &headers).await?;
    let answers = answer(&service, &caller, vec![parse(&body)?]).await?;
    Ok(Json(json!(answers.first())))
}

pub(super) async fn scan_batch(
    State(service): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let caller = caller(&service, &headers).await?;
    let batch: BatchRequest = parse(&body)?;
    if batch.scans.len() > MAX_BATCH {
        return Err(Problem::TooLarge);
    }
    Ok(Json(json!({ "verdicts": answer(&service, &caller, batch.scans).await? })))
}

async fn caller(service: &Service, headers: &HeaderMap) -> Result<Caller, Problem> {
    let Bearer::Venue { venue, device } = auth::bearer(service, headers).await? else {
        return Err(Problem::RoleDenied);
    };
    let venue = service.store.venue(&venue).await?.ok_or(Problem::CredentialMissing)?;
    if venue.suspended { Err(Problem::VenueSuspended) } else { Ok(Caller { venue, device }) }
}

async fn answer(
    service: &App,
    caller: &Caller,
    scans: Vec<ScanRequest>,
) -> Result<Vec<ScanAnswer>, Problem> {
    let now = service.clock.now();
    let mut answers = Vec::with_capacity(scans.len());
    let mut records = Vec::with_capacity(scans.len());
    for scan in &scans {
        let policy = policy(service, &caller.venue, scan.scene)?;
        if scan.operator.len() > MAX_OPERATOR_BYTES {
            return Err(Problem::BadRequest);
        }
        let operator = format!("{}/{}/{}", caller.venue.id, caller.device, scan.operator);
        let verdict = judge(service, caller, scan, (policy, &operator, now))?;
        let receipt = make_random::<16>(&*service.entropy).map_err(|_| Problem::Busy)?;
        records.push(record(caller, &verdict, receipt, &operator, now));
        answers.push(ScanAnswer {
            verdict: verdict.view(),
            receipt: BASE64URL_NOPAD.encode(&receipt),
            at: now,
        });
    }
    service.store.record_scans(records).await?;
    Ok(answers)
}

/// The policy of the scene that was asked for, which must be one that the venue is registered for.
fn policy<'a>(
    service: &'a Service,
    venue: &Venue,
    asked: Option<u16>,
) -> Result<&'a ScenePolicy, Problem> {
    let id = match (asked, venue.scenes.as_slice()) {
        (Some(id), scenes) if scenes.contains(&id) => id,
        (None, [only]) => *only,
        _ => return Err(Problem::SceneDenied),
    };
    service.scenes.scene(id).map_err(|_| Problem::SceneDenied)
}

fn judge(
    service: &Service,
    caller: &Caller,
    scan: &ScanRequest,
    (policy, operator, now): (&ScenePolicy, &str, u64),
) -> Result<Verdict, Problem> {
    let challenge = match &scan.nonce {
        None => None,
        Some(nonce) => {
            let nonce =
                BASE64URL_NOPAD.decode(nonce.as_bytes()).map_err(|_| Problem::BadRequest)?;
            Some(Challenge { audience: caller.venue.id.clone(), nonce })
        }
    };
    let code = match Scanner::default().read(&scan.code) {
        Ok(code) => code,
        Err(reason) => return Ok(Verdict::refuse(reason, policy.id)),
    };
    let question = Question {
        code: &code,
        now,
        newest_signed_time: 0,
        scene: policy,
        challenge: challenge.as_ref(),
        online: true,
        operator,
    };
    let evidence = Evidence {
        backend: &AwsLcBackend,
        trust: &service.trust,
        status: &service.statuses.at(now),
        replay: &service.replay,
        passes: &service.passes,
    };
    Ok(verify(&question, &evidence))
}

fn record(
    caller: &Caller,
    verdict: &Verdict,
    receipt: [u8; 16],
    operator: &str,
    at: u64,
) -> ScanRecord {
    let accepted = verdict.decision() == Decision::Accept;
    let used = verdict.holder().filter(|_| verdict.reason() == Reason::Ok).map(|holder| {
        let key = derive_replay_key(holder);
        UsedCode { device: key.device, iat: key.iat, operator: derive_operator_digest(operator) }
    });
    ScanRecord {
        receipt,
        venue: caller.venue.id.clone(),
        device: caller.device.clone(),
        scene: verdict.scene(),
        accepted,
        reason: verdict.reason().code(),
        used,
        at,
    }
}
