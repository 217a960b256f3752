//! Whether this device's clock is ahead of the service's or behind it: told, and no verdict is decided by it.
//! What a clock that is behind comes to is the verifier's to say (docs/adr/0016-checked-time.md).

use szid_protocol::verify::MAX_AHEAD;

use crate::client::{Fault, ServiceClient};
use crate::gate::Gate;
use crate::sync::word;

/// Seconds from which it is told: more than clocks differ that are set by the network, and a part only of the
/// minute in which a code is good.
const TOLD_FROM: u64 = 10;

/// Seconds from which a clock that is behind is told: codes of phones whose clocks are right are refused from
/// then on.
const BEHIND_FROM: u64 = MAX_AHEAD + 1;

/// Asks the service for the time, and notes by how much this clock is ahead of it, or behind.
///
/// # Errors
/// A stable word, where it cannot be had.
pub(crate) async fn compare(gate: &Gate, client: &ServiceClient) -> Result<(), String> {
    let Some(nonce) = gate.ports.random() else { return Ok(()) };
    // Before the question: an answer that takes long makes no clock seem ahead. After it: nor behind.
    let now = gate.ports.now();
    let answer = match client.time(&nonce).await {
        Ok(answer) => answer,
        // A service of an earlier version does not say, nor one that knows its own clock to be wrong.
        Err(Fault::Refused(404 | 503)) => return Ok(()),
        Err(fault) => return Err(fault.to_string()),
    };
    let signed =
        gate.verifier.read_time(&answer, &nonce).map_err(|error| word(&error).to_owned())?;
    let newest = gate.verifier.signed_time().newest();
    // A service that is earlier than what it has signed is itself behind.
    if signed.saturating_add(MAX_AHEAD) < newest {
        return Ok(());
    }
    if now.abs_diff(signed) <= MAX_AHEAD {
        recall_what_lies_ahead(gate, now);
    }
    let told = |seconds: u64, from: u64| if seconds < from { 0 } else { seconds };
    let ahead = told(now.saturating_sub(signed), TOLD_FROM);
    gate.note_clock(ahead, told(signed.saturating_sub(gate.ports.now()), BEHIND_FROM));
    Ok(())
}

/// A clock that was ahead may have said up to when it is not known which codes were used. Both clocks say now
/// that none of those later than this is good yet, so that none was used.
fn recall_what_lies_ahead(gate: &Gate, now: u64) {
    match gate.replay.recall(now.saturating_add(MAX_AHEAD)) {
        Ok(false) => {}
        Ok(true) => {
            tracing::warn!("uses were unknown up to a time ahead of both clocks: known again");
        }
        Err(error) => {
            tracing::error!(%error, "it cannot be kept up to when uses are unknown");
            gate.note_disk_fault();
        }
    }
}
