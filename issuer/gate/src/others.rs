//! Whether another device works with this gate's key and numbers: a second one of the same image, or a folder
//! that was put back.
//!
//! Nobody can tell the two apart at a start. Once this gate has been in line with the service, it alone goes
//! on from there: whatever comes under its numbers then is of another device that works now. Each of the two
//! knows what it has let pass itself, so both go on, under numbers that lie far apart, and both say so until
//! the other one has been silent for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};

use szid_protocol::verify::MAX_AHEAD;

use crate::conditions::Condition;
use crate::gate::{Gate, GateError};

/// How far a gate goes beyond the other one's numbers, so that neither comes across the other's: scans of
/// years.
pub(crate) const LEAP: u64 = 1_000_000;
/// How long the other one has been silent before it counts as taken away, seconds. As long as the service
/// tells of it.
pub(crate) const SILENT: u64 = 600;
/// How often the service is asked where nothing waits, seconds.
const ASKED_EVERY: u64 = 60;

/// What is known of them.
#[derive(Default)]
pub(crate) struct Others(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// When the service was last asked, since the start, where the count stands.
    asked_at: Option<u64>,
    /// Whether this gate was in line with the service since its start.
    in_line: bool,
    /// Up to which number conflicts are known.
    beyond: u64,
    /// The service's word of a conflict that was this gate's own.
    own_conflict: u64,
    /// When something of theirs was last heard of.
    heard_at: u64,
    /// The highest number at the service when that was last theirs.
    last: u64,
}

impl Known {
    const fn is_silent(&self, now: u64) -> bool {
        now.abs_diff(self.heard_at) >= SILENT
    }
}

impl Others {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the service has to be asked, though nothing waits.
    pub(crate) fn should_ask(&self, now: u64) -> bool {
        self.known().asked_at.is_none_or(|asked| now.abs_diff(asked) >= ASKED_EVERY)
    }

    pub(crate) fn note_asked(&self, now: u64) {
        self.known().asked_at = Some(now);
    }

    pub(crate) fn note_in_line(&self) {
        self.known().in_line = true;
    }
}

/// The service has numbers up to `last` that are others': beyond this gate's own, or in the place of one that
/// it gave.
pub(crate) fn came_first(
    gate: &Gate,
    conflicting: Option<u64>,
    last: u64,
) -> Result<(), GateError> {
    let now = gate.ports.now();
    let mut known = gate.others.known();
    let is_news = match conflicting {
        Some(number) => number > known.beyond,
        None => std::mem::replace(&mut known.last, last) != last,
    };
    if !known.in_line {
        // What was used before now is not known. Whoever holds the other copy's codes may have a clock that
        // is ahead.
        gate.replay.forget(now.saturating_add(MAX_AHEAD))?;
        gate.queue.skip(last)?;
        (known.in_line, known.beyond) = (true, last);
        gate.conditions.set(Condition::FolderWentBack, true);
        return Ok(());
    }
    if is_news {
        // The first time: this may be a machine that was put back while it ran.
        if !gate.conditions.holds(Condition::Twice) {
            gate.replay.forget(now.saturating_add(MAX_AHEAD))?;
        }
        let (_, next) = gate.queue.numbers();
        if conflicting.is_some() || last.saturating_sub(next) < LEAP / 2 {
            gate.queue.skip(last.saturating_add(LEAP))?;
        }
        known.beyond = known.beyond.max(conflicting.unwrap_or(0));
        known.heard_at = now;
        gate.conditions.set(Condition::Twice, true);
    } else if known.is_silent(now) {
        gate.queue.skip(last)?;
    }
    end_if_silent(gate, &known, now);
    Ok(())
}

/// What the service says of conflicts under this gate's numbers: when the last was, if lately, and whether it
/// was in what this gate has just sent.
pub(crate) fn hear(gate: &Gate, conflict_at: Option<u64>, is_own: bool) {
    let now = gate.ports.now();
    let mut known = gate.others.known();
    match conflict_at {
        Some(at) if is_own => known.own_conflict = at,
        Some(at) if at > known.own_conflict => {
            known.own_conflict = at;
            known.heard_at = now;
            gate.conditions.set(Condition::Twice, true);
        }
        _ => {}
    }
    end_if_silent(gate, &known, now);
}

fn end_if_silent(gate: &Gate, known: &Known, now: u64) {
    if known.is_silent(now) {
        gate.conditions.set(Condition::Twice, false);
    }
}
