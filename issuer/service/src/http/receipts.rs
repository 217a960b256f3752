//! Receipts of devices that decided without connection, uploaded later.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_protocol::key::PublicKey;
use szid_protocol::proof::{ProvenCode, prove};
use szid_protocol::reason::Reason;
use szid_protocol::receipt::{MAX_BYTES, Receipt, ScannedCode};
use szid_protocol::trust::VerifiedTrustList;
use szid_protocol::verify::{MAX_AGE, MAX_AHEAD, PassCache};
use szid_register::{
    FormerKey, Gate, LONGEST_ALONE, Objection, ReceiptsKept, UploadedReceipt, Uploader,
};
use szid_verifier::AwsLcBackend;

use super::body::JsonBody;
use super::problem::Refusal;
use super::refusals::Problems;
use super::{App, Problem};
use crate::access::VenueDevice;
use crate::clock_guard::ClockState;
use crate::health::Condition;
use crate::service::Service;

/// The most receipts of one request.
const MAX_RECEIPTS: usize = 100;
/// Seconds that a receipt may be ahead of this clock, whatever it holds: a gate whose clock is ahead by the
/// age of the oldest code lets people pass with codes that were drawn just now, by phones that may be ahead
/// themselves.
const MAX_EARLY: u64 = MAX_AGE + MAX_AHEAD;
/// How long a device is told that another one uses its numbers, seconds: as long as one of two may be silent.
const CONFLICT_TOLD_FOR: u64 = 600;

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct Upload {
    /// Signed receipts as base64url, in the order of their numbers; at most 100.
    #[schema(max_items = 100)]
    receipts: Vec<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ReceiptStanding {
    /// The highest number of this device's receipts; 0 before the first of the registered key.
    last: u64,
    /// The SHA-256 of the receipt that was kept under it, base64url; left out where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// The venue's id and the device's label of the credential that asks.
    venue: String,
    device: String,
    /// The key id of the registered key, base64url.
    key: String,
    /// Where the registered key has signed none yet: where the count of the keys before it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<CountStanding>,
    /// When two devices were last seen to use this one's numbers, Unix seconds; left out where that was not
    /// in the last ten minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict_at: Option<u64>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CountStanding {
    /// The highest number; 0 where this is the device's first key.
    last: u64,
    /// As above.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Uploaded {
    /// The highest number of this device's receipts.
    last: u64,
    /// The SHA-256 of the receipt that was kept under it, base64url; left out where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// How many receipts of this request are dealt with, from its start: these may be forgotten there.
    done: u64,
    /// How many were new.
    kept: u64,
    /// How many were there already.
    known: u64,
    /// How many of the new ones have numbers that were thought lost: another device goes on with the numbers
    /// of this one.
    #[serde(skip_serializing_if = "is_none")]
    late: u64,
    /// As above.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict_at: Option<u64>,
    /// Those that were set aside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    set_aside: Vec<SetAsideView>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_none(number: &u64) -> bool {
    *number == 0
}

/// A receipt that was set aside.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct SetAsideView {
    /// Its place in the request, from 0.
    index: usize,
    /// Its number, where the device's key signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    /// Why: a stable code, listed in `docs/errors.md`.
    reason: &'static str,
}

/// Where this device's count stands: to be asked before the first upload, so that a folder that was put back
/// is found.
#[utoipa::path(get, path = "/v1/receipts", tag = "scans",
    operation_id = "gate_receipts_standing", security(("venue" = [])), responses(
    (status = 200, body = ReceiptStanding),
    Problems,
))]
pub(super) async fn standing(
    caller: VenueDevice,
    State(service): State<App>,
) -> Result<Json<ReceiptStanding>, Refusal> {
    let (gate, key) = gate_of(&service, &caller).await?;
    // Whichever key signed the last one.
    let signer = Uploader { key: gate.key_of_count(), ..uploader(&caller, &gate) };
    let digest = service.store.receipts_digest(&signer, gate.count).await?;
    let digest = digest.map(|digest| BASE64URL_NOPAD.encode(&digest));
    let key = key.key_id().map_err(|_| Problem::GateUnknown)?;
    let key = BASE64URL_NOPAD.encode(&key.0);
    let counted = CountStanding { last: gate.count, digest };
    let conflict_at = lately(gate.conflict_at, service.clock.read().wall);
    let CountStanding { last, digest } = counted;
    let (venue, device) = (caller.venue.id.clone(), caller.device.clone());
    Ok(Json(match gate.last {
        0 => {
            let before = Some(CountStanding { last, digest });
            ReceiptStanding { last: 0, digest: None, venue, device, key, before, conflict_at }
        }
        _ => ReceiptStanding { last, digest, venue, device, key, before: None, conflict_at },
    }))
}

/// Keeps what this device decided without connection. Every receipt is dealt with: one that cannot count is
/// set aside, and the count goes on. Sending the same receipts again changes nothing. Where the service's own
/// clock is in doubt and a receipt does not fit it, nothing of the upload is dealt with (503
/// `CLOCK_UNCHECKED`): send it again later.
#[utoipa::path(post, path = "/v1/receipts", tag = "scans",
    operation_id = "upload_gate_receipts", security(("venue" = [])),
    request_body = Upload, responses(
    (status = 200, body = Uploaded),
    Problems,
))]
pub(super) async fn upload(
    caller: VenueDevice,
    State(service): State<App>,
    JsonBody(Upload { receipts }): JsonBody<Upload>,
) -> Result<Json<Uploaded>, Refusal> {
    if receipts.len() > MAX_RECEIPTS {
        return Err(Problem::TooLarge.into());
    }
    caller.pay(&service, receipts.len())?;
    let (gate, key) = gate_of(&service, &caller).await?;
    let uploader = uploader(&caller, &gate);
    let trust = service.trust.current().map_err(|_| Problem::Busy)?;
    // Judged by the very reading that the guard has looked at.
    let (reading, clock) = service.look_at_clock();
    let now = reading.wall;
    let done = receipts.len() as u64;
    let judging = Arc::clone(&service);
    let former = gate.former.iter().filter_map(|former| {
        let key = PublicKey::from_compressed(&former.key).ok()?;
        Some((key, *former))
    });
    let judge = Judge {
        caller,
        key,
        former: former.collect(),
        trust,
        codeless: service.codeless_receipts,
        now,
    };
    // Three signatures a receipt: more than a thread that answers others should do in a row.
    let judged = tokio::task::spawn_blocking(move || {
        let judged = receipts.into_iter().map(|text| judge.judge(text, &judging.passes));
        judged.collect::<Vec<_>>()
    });
    let judged = judged.await.map_err(|_| Problem::Busy)?;
    let early = |one: &UploadedReceipt| early(one, now);
    // A receipt that is set aside is forgotten where it came from: by time, a checked clock alone says so.
    // Nor is a use given this clock's time before.
    let by_time = |one: &UploadedReceipt| {
        one.objection.is_some_and(Objection::is_about_time) || early(one) > MAX_EARLY
    };
    if clock != ClockState::Checked && judged.iter().any(by_time) {
        tracing::warn!(
            step = clock.step(),
            "receipts wait at their gate until this machine's clock is checked"
        );
        return Err(Problem::ClockUnchecked.into());
    }
    let seconds = judged.iter().map(early).max().unwrap_or(0);
    if seconds > MAX_AHEAD {
        let Uploader { venue, device, .. } = &uploader;
        tracing::warn!(venue, device, seconds, "a gate's clock is ahead: have it set");
    }
    let kept = service.store.keep_receipts(uploader, judged, now).await.map_err(|error| {
        match error {
            // The device was given another key meanwhile.
            szid_register::StoreError::NotFound => Problem::GateUnknown,
            other => other.into(),
        }
    })?;
    tell(&service, &kept);
    let ReceiptsKept { last, digest, kept, known, late, conflict_at, set_aside, .. } = kept;
    let conflict_at = lately(conflict_at, now);
    let digest = digest.map(|digest| BASE64URL_NOPAD.encode(&digest));
    let view = |(index, number, objection): (usize, _, Objection)| SetAsideView {
        index,
        number,
        reason: objection.code(),
    };
    let set_aside = set_aside.into_iter().map(view).collect();
    Ok(Json(Uploaded { last, digest, done, kept, known, late, conflict_at, set_aside }))
}

fn lately(conflict_at: u64, now: u64) -> Option<u64> {
    Some(conflict_at).filter(|at| *at > 0 && at.saturating_add(CONFLICT_TOLD_FOR) > now)
}

async fn gate_of(service: &Service, caller: &VenueDevice) -> Result<(Gate, PublicKey), Refusal> {
    let unknown = || Problem::GateUnknown.about(format!("{}/{}", caller.venue.id, caller.device));
    let gate = service.store.gate(&caller.venue.id, &caller.device).await?;
    let gate = gate.ok_or_else(unknown)?;
    let key = PublicKey::from_compressed(&gate.key).map_err(|_| unknown())?;
    Ok((gate, key))
}

fn uploader(caller: &VenueDevice, gate: &Gate) -> Uploader {
    let (venue, device) = (caller.venue.id.clone(), caller.device.clone());
    Uploader { venue, device, key: gate.key }
}

/// Seconds by which a receipt that can be read is ahead of this clock.
fn early(one: &UploadedReceipt, now: u64) -> u64 {
    one.receipt.as_ref().map_or(0, |receipt| receipt.at.saturating_sub(now))
}

/// Counts and log lines of an upload.
fn tell(service: &Service, outcome: &ReceiptsKept) {
    let metrics = &service.metrics;
    let ReceiptsKept { kept, unproven, known, gaps, doubles, set_aside, .. } = outcome;
    metrics.receipts("proven", kept - unproven);
    metrics.receipts("unproven", *unproven);
    metrics.receipts("known", *known);
    if outcome.late > 0 {
        service.health.set(Condition::ReceiptConflict, true);
    }
    for (from, to) in gaps {
        metrics.receipt_gaps.inc();
        tracing::warn!(from, to, "a device's receipts leave numbers out: these are lost");
    }
    for receipt in doubles {
        metrics.double_uses.inc();
        let receipt = BASE64URL_NOPAD.encode(receipt);
        tracing::warn!(receipt, "two devices accepted the same code");
    }
    for (_, number, objection) in set_aside {
        metrics.receipts(objection.code(), 1);
        let (code, advice) = (objection.code(), objection.advice());
        let (advice_zh, advice) = (advice.zh, advice.en);
        tracing::warn!(code, number, advice_zh, advice, "a receipt was set aside");
        if *objection == Objection::Number {
            service.health.set(Condition::ReceiptConflict, true);
        }
    }
}

/// What receipts are judged by without the register.
struct Judge {
    caller: VenueDevice,
    key: PublicKey,
    former: Vec<(PublicKey, FormerKey)>,
    trust: Arc<VerifiedTrustList>,
    codeless: bool,
    now: u64,
}

impl Judge {
    fn judge(&self, text: String, passes: &dyn PassCache) -> UploadedReceipt {
        let decoded = BASE64URL_NOPAD.decode(text.as_bytes());
        let mut bytes = decoded.unwrap_or_else(|_| text.into_bytes());
        let read = self.read(&bytes);
        // No receipt is longer; of what is none, the start is enough to look at.
        bytes.truncate(MAX_BYTES);
        let without = |objection| UploadedReceipt {
            bytes: bytes.clone(),
            key: self.key.to_compressed(),
            receipt: None,
            proof: None,
            objection: Some(objection),
        };
        let Some((key, receipt)) = read else { return without(Objection::Invalid) };
        if receipt.venue != self.caller.venue.id || receipt.device != self.caller.device {
            return without(Objection::Foreign);
        }
        let (proof, objection) = match self.proof(key, &receipt, passes) {
            Ok(proof) => (proof, None),
            Err(objection) => (None, Some(objection)),
        };
        UploadedReceipt {
            bytes,
            key: key.to_compressed(),
            receipt: Some(receipt),
            proof,
            objection,
        }
    }

    /// What one of the device's keys signed, and which: receipts may have waited while it got another one.
    fn read(&self, bytes: &[u8]) -> Option<(&PublicKey, Receipt)> {
        let signed_by = |key| Receipt::verify(bytes, key, &AwsLcBackend).ok();
        if let Some(receipt) = signed_by(&self.key) {
            return Some((&self.key, receipt));
        }
        self.former.iter().rev().find_map(|(key, former)| {
            let receipt = signed_by(key)?;
            former.may_sign_at(receipt.at).then_some((key, receipt))
        })
    }

    /// What a receipt's code proves, or what speaks against the receipt.
    fn proof(
        &self,
        key: &PublicKey,
        receipt: &Receipt,
        passes: &dyn PassCache,
    ) -> Result<Option<ProvenCode>, Objection> {
        let reason = Reason::from_code(&receipt.reason).ok_or(Objection::Reason)?;
        if !receipt.has_its_own_id(key) {
            return Err(Objection::Id);
        }
        if receipt.at.saturating_add(LONGEST_ALONE) < self.now {
            return Err(Objection::TooOld);
        }
        if !self.caller.venue.scenes.contains(&receipt.scene) {
            return Err(Objection::Scene);
        }
        let proven = self.proven(receipt, reason, passes);
        // Whoever's phone has signed the code was there, whatever the gate's clock says: the citizen has to
        // see it.
        let is_proven = matches!(proven, Ok(Some(_)));
        if !is_proven && receipt.at > self.now.saturating_add(MAX_EARLY) {
            return Err(Objection::Ahead);
        }
        proven
    }

    /// What the code alone proves, by the receipt's own time.
    fn proven(
        &self,
        receipt: &Receipt,
        reason: Reason,
        passes: &dyn PassCache,
    ) -> Result<Option<ProvenCode>, Objection> {
        match &receipt.code {
            Some(ScannedCode::Whole(code)) => {
                let proof = prove(code, receipt.at, &self.trust, &AwsLcBackend, passes);
                let proof = proof.map_err(|_| Objection::Code)?;
                let fits = !reason.is_accept() || proof.suits(receipt.scene);
                if fits { Ok(Some(proof)) } else { Err(Objection::Code) }
            }
            Some(ScannedCode::Told(_)) if !self.codeless => Err(Objection::Codeless),
            None if !self.codeless && reason.is_accept() => Err(Objection::Codeless),
            Some(ScannedCode::Told(_)) | None => Ok(None),
        }
    }
}
