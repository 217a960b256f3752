//! Keeping the city's signed documents fresh. What cannot be fetched or is not good leaves what is held in
//! force.

use std::sync::Arc;
use std::time::Duration;

use szid_api::paths;
use szid_protocol::reason::Reason;
use szid_verifier::{Heard, STATUS_LISTS_HELD, VerifierError, status_days};

use crate::client::{Fault, ServiceClient};
use crate::clock;
use crate::conditions::Condition;
use crate::gate::Gate;
use crate::reach;

/// Between two rounds when all is well, and the longest wait when it is not.
const EVERY: Duration = Duration::from_secs(60);
const AT_MOST: Duration = Duration::from_secs(600);

/// What one round came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Documents that are new.
    pub changed: u32,
    /// What went wrong: the document, and a stable word.
    pub faults: Vec<(String, String)>,
    /// Whether there are more status lists than are held.
    pub lists_left_out: bool,
    /// Questions that the service did not answer. What it answered and is not good is a fault alone.
    pub unanswered: u32,
}

impl Round {
    fn fault(&mut self, path: &str, word: String) {
        tracing::warn!(document = path, word, "not fetched: what is held stays in force");
        self.faults.push((path.to_owned(), word));
    }

    fn no_answer(&mut self, path: &str, fault: &Fault) {
        self.unanswered += 1;
        self.fault(path, fault.to_string());
    }
}

/// Fetches what has changed, once: trust list, scene policies, the status lists of today and tomorrow. Where
/// signed times and this clock contradict each other, the service is asked for the time first; and in each
/// round, whether this clock is ahead.
pub async fn once(gate: &Gate, client: &ServiceClient) -> Round {
    let mut round = Round::default();
    gate.try_disk();
    // A round takes minutes on a slow line: the clock is read when a document is there, which may be newer
    // than the round.
    let now = || gate.ports.now();
    if gate.verifier.is_time_in_doubt(now()) {
        hear_time(gate, client, &mut round).await;
    }
    let mut refused = None;
    let trusted = |bytes: &[u8]| {
        let ingested = gate.verifier.ingest_trust(bytes, now()).map(drop);
        if let Err(VerifierError::Document(reason)) = &ingested {
            refused = Some(*reason);
        }
        ingested
    };
    let asked = ask(client, paths::TRUST, &mut round, trusted).await;
    if asked.is_ok() {
        gate.conditions.set(Condition::RootDiffers, refused == Some(Reason::TrustSignature));
    }
    let away = reach::judge(&asked, refused);
    // At once: the rest of a round may take a while.
    reach::tell(gate, client, away.clone());
    let scenes = |bytes: &[u8]| gate.verifier.ingest_scenes(bytes, now()).map(drop);
    fetch(client, paths::SCENES, &mut round, scenes).await;
    let status = |bytes: &[u8]| gate.verifier.ingest_status(bytes, None, now()).map(drop);
    let mut room = STATUS_LISTS_HELD;
    for day in status_days(now()) {
        for list in lists_of(client, day, room, &mut round).await {
            let path = paths::status_list(day, list);
            if !fetch(client, &path, &mut round, status).await {
                break;
            }
            room = room.saturating_sub(1);
        }
    }
    let is_full = |(_, word): &(_, String)| *word == VerifierError::StatusCacheFull.code();
    round.lists_left_out |= round.faults.iter().any(is_full);
    gate.conditions.set(Condition::StatusListsLeftOut, round.lists_left_out);
    if let Err(word) = clock::compare(gate, client).await {
        round.fault(paths::TIME, word);
    }
    if let Err(error) = gate.verifier.prune(now()) {
        tracing::warn!(%error, "old lists cannot be removed");
    }
    gate.note_synchronised();
    reach::tell(gate, client, away);
    round
}

/// The numbers of a day's lists, at most so many as there is room for: the last first, which new passes point
/// to. A service of a version that does not name them has no gaps, and the first that is not there ends them.
async fn lists_of(client: &ServiceClient, day: u64, room: u32, round: &mut Round) -> Vec<u32> {
    let mut named = match client.status_lists(day).await {
        Ok(Some(named)) => named,
        Ok(None) => return (0..room).collect(),
        Err(fault) => {
            round.no_answer(&paths::status_lists(day), &fault);
            return Vec::new();
        }
    };
    round.lists_left_out |= named.len() > room as usize;
    named.sort_unstable_by(|one, other| other.cmp(one));
    named.truncate(room as usize);
    named
}

async fn hear_time(gate: &Gate, client: &ServiceClient, round: &mut Round) {
    let Some(nonce) = gate.ports.random() else { return };
    let heard = match client.time(&nonce).await {
        Ok(answer) => gate.verifier.hear_time(&answer, &nonce, gate.ports.now()),
        // It knows its own clock to be wrong: rounds go on as often, for what else they fetch.
        Err(Fault::Refused(503)) => return,
        Err(fault) => return round.no_answer(paths::TIME, &fault),
    };
    match heard {
        Ok(Heard::Agrees | Heard::Waits) => {}
        Ok(Heard::Believed) => {
            tracing::error!("the service has long been later than this device's clock: set it");
        }
        Ok(Heard::GivenUp) => {
            tracing::warn!("what was signed ahead of this clock and the service's is given up");
        }
        Err(error) => round.fault(paths::TIME, word(&error).to_owned()),
    }
}

/// Why a document is not taken; of one that is refused, its own reason.
pub(crate) const fn word(error: &VerifierError) -> &'static str {
    match error {
        VerifierError::Document(reason) => reason.code(),
        other => other.code(),
    }
}

/// False where there is no such document, or the service cannot be reached.
async fn fetch(
    client: &ServiceClient,
    path: &str,
    round: &mut Round,
    ingest: impl FnOnce(&[u8]) -> Result<(), VerifierError>,
) -> bool {
    ask(client, path, round, ingest).await.is_ok()
}

/// Why there is no such document, or the service cannot be reached.
async fn ask(
    client: &ServiceClient,
    path: &str,
    round: &mut Round,
    ingest: impl FnOnce(&[u8]) -> Result<(), VerifierError>,
) -> Result<(), Fault> {
    match client.document(path).await {
        Ok(None) => Ok(()),
        Ok(Some(document)) => {
            match ingest(&document.bytes) {
                Ok(()) => {
                    round.changed += 1;
                    client.note(path, document.tag);
                }
                Err(error) => round.fault(path, word(&error).to_owned()),
            }
            Ok(())
        }
        // After the last list of a day there is none.
        Err(Fault::Refused(404)) if path.starts_with(paths::STATUS) => Err(Fault::Refused(404)),
        Err(fault) => {
            round.no_answer(path, &fault);
            Err(fault)
        }
    }
}

/// Goes on for ever: a round a minute, longer apart while the service does not answer, never in step with
/// other gates. Answers that are not good change nothing of that: it may be this clock, and only a round
/// finds that it is right again.
pub async fn run(gate: Arc<Gate>, client: Arc<ServiceClient>) {
    let mut failed = 0;
    loop {
        let round = once(&gate, &client).await;
        failed = if round.unanswered == 0 { 0 } else { failed + 1 };
        tokio::time::sleep(jittered(pause(EVERY, failed), &gate)).await;
    }
}

/// Doubles with every failure.
pub(crate) fn pause(every: Duration, failures: u32) -> Duration {
    every.saturating_mul(1 << failures.min(8)).min(AT_MOST.max(every))
}

/// Up to a fifth less.
pub(crate) fn jittered(time: Duration, gate: &Gate) -> Duration {
    let random = gate.ports.random().map_or(0, |bytes| bytes[0]);
    time.mul_f64(1.0 - f64::from(random) / 255.0 / 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end_somewhere() {
        assert_eq!(pause(EVERY, 0), Duration::from_secs(60));
        assert_eq!(pause(EVERY, 2), Duration::from_secs(240));
        assert_eq!(pause(EVERY, 40), AT_MOST);
        assert_eq!(pause(Duration::from_secs(1), 40), Duration::from_secs(256));
    }
}
