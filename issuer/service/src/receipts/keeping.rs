//! Where a gate's count stands, and what becomes of the receipts that it uploads.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use szid_api::limits::MAX_RECEIPTS;
use szid_protocol::key::{KeyId, PublicKey};
use szid_protocol::verify::MAX_AHEAD;
use szid_register::{Gate, Objection, ReceiptsKept, StoreError, UploadedReceipt, Uploader};

use super::judging::{Judge, MAX_EARLY};
use super::{ReceiptFault, Receipts};
use crate::access::VenueDevice;
use crate::clock_guard::ClockState;
use crate::health::Condition;
use crate::shared::Common;

/// How long a device is told that another one uses its numbers, seconds: as long as one of two may be silent.
const CONFLICT_TOLD_FOR: u64 = 600;

/// Where a device's count stands.
pub(crate) struct Standing {
    /// The key id of the registered key.
    pub(crate) key: KeyId,
    /// Whether that key has signed a receipt that was kept; else the count is that of the keys before it.
    pub(crate) has_signed: bool,
    /// The highest number; 0 where this is the device's first key, and it has signed none.
    pub(crate) last: u64,
    /// The SHA-256 of the receipt that was kept under it, where that is known.
    pub(crate) digest: Option<[u8; 32]>,
    /// When two devices were seen to use this one's numbers, where that was lately.
    pub(crate) conflict_at: Option<u64>,
}

/// Where a device's count stands.
pub(crate) async fn standing(
    common: &Common,
    caller: &VenueDevice,
) -> Result<Standing, ReceiptFault> {
    let (gate, key) = gate_of(common, caller).await?;
    // Whichever key signed the last one.
    let signer = Uploader { key: gate.key_of_count(), ..uploader(caller, &gate) };
    let digest = common.store.receipts_digest(&signer, gate.count).await?;
    Ok(Standing {
        key: key.key_id().map_err(|_| ReceiptFault::KeyReplaced)?,
        has_signed: gate.last != 0,
        last: gate.count,
        digest,
        conflict_at: lately(gate.conflict_at, common.clock.read().wall),
    })
}

/// What became of an upload.
pub(crate) struct Dealt {
    /// How many receipts are dealt with, from the upload's start.
    pub(crate) done: u64,
    /// When two devices were seen to use this one's numbers, where that was lately.
    pub(crate) conflict_at: Option<u64>,
    pub(crate) outcome: ReceiptsKept,
}

/// Keeps receipts that a device signed while it decided alone. Every one is dealt with: one that cannot count
/// is set aside. Receipts that are kept already change nothing.
pub(crate) async fn keep(
    parts: &Receipts,
    caller: VenueDevice,
    receipts: Vec<String>,
) -> Result<Dealt, ReceiptFault> {
    if receipts.len() > MAX_RECEIPTS {
        return Err(ReceiptFault::TooMany);
    }
    caller.pay(&parts.access, receipts.len())?;
    let (gate, key) = gate_of(&parts.common, &caller).await?;
    let uploader = uploader(&caller, &gate);
    let trust = parts.publication.trust.current().map_err(|_| ReceiptFault::Unjudged)?;
    // Judged by the very reading that the guard has looked at.
    let (reading, clock) = parts.common.look_at_clock();
    let now = reading.wall;
    let done = receipts.len() as u64;
    let verification = Arc::clone(&parts.verification);
    let former = gate.former.iter().filter_map(|former| {
        let key = PublicKey::from_compressed(&former.key).ok()?;
        Some((key, *former))
    });
    let judge =
        Judge { caller, key, former: former.collect(), trust, codeless: parts.codeless, now };
    // Three signatures a receipt: more than a thread that answers others should do in a row.
    let judged = tokio::task::spawn_blocking(move || {
        let judged = receipts.into_iter().map(|text| judge.judge(text, &verification.passes));
        judged.collect::<Vec<_>>()
    });
    let judged = judged.await.map_err(|_| ReceiptFault::Unjudged)?;
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
        return Err(ReceiptFault::ClockUnchecked);
    }
    let seconds = judged.iter().map(early).max().unwrap_or(0);
    if seconds > MAX_AHEAD {
        let Uploader { venue, device, .. } = &uploader;
        tracing::warn!(venue, device, seconds, "a gate's clock is ahead: have it set");
    }
    let outcome =
        parts.common.store.keep_receipts(uploader, judged, now).await.map_err(|error| {
            match error {
                // The device was given another key meanwhile.
                StoreError::NotFound => ReceiptFault::KeyReplaced,
                other => other.into(),
            }
        })?;
    tell(&parts.common, &outcome);
    Ok(Dealt { done, conflict_at: lately(outcome.conflict_at, now), outcome })
}

fn lately(conflict_at: u64, now: u64) -> Option<u64> {
    Some(conflict_at).filter(|at| *at > 0 && at.saturating_add(CONFLICT_TOLD_FOR) > now)
}

async fn gate_of(common: &Common, caller: &VenueDevice) -> Result<(Gate, PublicKey), ReceiptFault> {
    let unknown = || ReceiptFault::NoKey(format!("{}/{}", caller.venue.id, caller.device));
    let gate = common.store.gate(&caller.venue.id, &caller.device).await?;
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
fn tell(common: &Common, outcome: &ReceiptsKept) {
    let metrics = &common.metrics;
    let ReceiptsKept { kept, unproven, known, gaps, doubles, set_aside, .. } = outcome;
    metrics.receipts("proven", kept - unproven);
    metrics.receipts("unproven", *unproven);
    metrics.receipts("known", *known);
    if outcome.late > 0 {
        common.health.set(Condition::ReceiptConflict, true);
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
            common.health.set(Condition::ReceiptConflict, true);
        }
    }
}
