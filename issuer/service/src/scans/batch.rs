//! Many scans at once, for turnstiles and ticket gates.

use std::sync::Arc;

use szid_protocol::reason::Reason;
use szid_protocol::scene::ConsentRule;
use szid_protocol::verdict::{Decision, Verdict};
use szid_register::{Consent, Kept};

use super::deciding::{Judged, Scan};
use super::{ScanAnswer, ScanFault, ScanRequest, Scans, asking};
use crate::access::VenueDevice;
use crate::failure::Failure;

const MAX_BATCH: usize = 100;
/// Codes that are verified in a row: below a millisecond's work, so that a large batch is spread over the
/// cores and holds up nobody else's request.
const CHUNK: usize = 4;

/// Verifies many codes. No claims are given, and scenes that ask the citizen are refused here. What is wrong
/// in one scan refuses all, before any code is looked at.
pub(crate) async fn batch(
    scans: Arc<Scans>,
    caller: VenueDevice,
    requests: Vec<ScanRequest>,
) -> Result<Vec<ScanAnswer>, ScanFault> {
    if requests.len() > MAX_BATCH {
        return Err(ScanFault::BatchTooLarge);
    }
    caller.pay(&scans.access, requests.len())?;
    let now = scans.common.clock.now();
    let scenes = scans.publication.scenes.current();
    let checked = requests.into_iter().map(|scan| asking::check(scan, &caller, &scenes));
    let mut unjudged = checked.collect::<Result<Vec<_>, _>>()?;
    let mut chunks = Vec::new();
    while !unjudged.is_empty() {
        let rest = unjudged.split_off(unjudged.len().min(CHUNK));
        let chunk = std::mem::replace(&mut unjudged, rest);
        let (scans, scenes) = (Arc::clone(&scans), scenes.clone());
        let caller = caller.clone();
        chunks.push(tokio::spawn(async move {
            let judged = chunk.into_iter().map(|scan| {
                let verdict = match scenes.policies.scene(scan.scene) {
                    Ok(policy) => Scan { scans: &scans, caller: &caller, policy, now }.judge(&scan),
                    Err(reason) => Verdict::refuse(reason, scan.scene),
                };
                (scan, verdict)
            });
            judged.collect::<Vec<_>>()
        }));
    }
    let (mut records, mut verdicts) = (Vec::new(), Vec::new());
    for chunk in chunks {
        for (checked, verdict) in
            chunk.await.map_err(|_| Failure::internal("a batch was not judged to its end"))?
        {
            let policy = scenes.policies.scene(checked.scene);
            let policy = policy.map_err(|_| ScanFault::SceneDenied)?;
            let scan = Scan { scans: &scans, caller: &caller, policy, now };
            if verdict.reason().leaves_a_count() {
                verdicts.push((scan, verdict, scan.count_unreadable()?, false));
                continue;
            }
            let (mut verdict, holder) = scan.ask_register(verdict).await?;
            let person = holder.map(|holder| holder.id);
            if policy.consent == ConsentRule::Ask && verdict.decision() == Decision::Accept {
                verdict = verdict.overruled(Reason::ConsentNeeded);
            }
            let judged = Judged::unasked(checked, verdict, person);
            let record = scan.record(&judged, None)?;
            verdicts.push((scan, judged.verdict, record.receipt, true));
            records.push(record);
        }
    }
    let kept = match records.is_empty() {
        true => Vec::new(),
        false => scans.common.store.record_scans(records).await?,
    };
    let mut kept = kept.into_iter();
    let answers = verdicts.into_iter().map(|(scan, mut verdict, receipt, is_kept)| {
        if is_kept {
            // Without keys of idempotency every scan is new.
            let Some(Kept::New(seen)) = kept.next() else {
                return Err(Failure::internal("an answer to a request without its key").into());
            };
            verdict = verdict.after_use(seen, scan.policy.replay);
        }
        Ok(scan.answer(&verdict, None, Consent::NotAsked, &receipt))
    });
    answers.collect()
}
