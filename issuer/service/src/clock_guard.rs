//! Whether the wall clock may be believed where something cannot be taken back
//! (docs/adr/0016-checked-time.md).
//!
//! A pure function of readings: it compares the wall clock with the monotonic one while the process runs, and
//! with the time that the register keeps when it starts.

use szid_protocol::day::DAY;
use szid_protocol::verify::MAX_AHEAD;
use szid_register::KEPT_LONGER;

use crate::clock::Reading;

/// Seconds by which the clocks may differ: as much as verifiers allow codes.
const TOLERANCE: u64 = MAX_AHEAD;
/// How long the clocks must have agreed before anything is forgotten, seconds: a round of housekeeping.
const AGREE_FOR: u64 = 60;
/// The longest time that a service may have been away without anybody being asked, seconds. A clock that is
/// wrong by less is not noticed at a start, so what is forgotten must have run out for longer.
const MAX_DOWNTIME: u64 = DAY;
const _: () = assert!(MAX_DOWNTIME + TOLERANCE < KEPT_LONGER);
/// How long the clocks must have agreed before the wall clock alone says how late it is at least, seconds.
/// One that was ahead from the start refuses every code, so somebody has set it right by then; until then
/// what the register kept of such an hour says so, and no clock that was merely checked: a start may be hours
/// ahead without being noticed.
const SETTLED_AFTER: u64 = 3600;
/// The clocks are compared over at most this time, seconds, so that a leap second and the like never add up.
const COMPARE_OVER: u64 = DAY;

/// What is known of the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClockState {
    /// Nothing speaks against it, but it has not agreed with the monotonic clock for long enough.
    Unchecked,
    /// It may be believed.
    Checked,
    /// It is not where it should be: by so many seconds ahead, or behind where they are negative.
    Stepped(i64),
}

impl ClockState {
    /// By how many seconds it is ahead of where it should be, behind where negative; 0 for where it should
    /// be.
    pub(crate) fn step(self) -> i64 {
        match self {
            Self::Stepped(seconds) => seconds,
            Self::Checked | Self::Unchecked => 0,
        }
    }
}

/// What bounds the true time from below at a start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known {
    /// When the clock was last checked: the service was there then. `None` for a register that has seen no
    /// time yet.
    pub(crate) last: Option<u64>,
    /// How late it was at least, by a clock that had agreed for long or by an operator's word. `None` where
    /// nobody knows.
    pub(crate) settled: Option<u64>,
    /// A time that somebody else has signed.
    pub(crate) signed: u64,
}

impl Known {
    /// By how much a reading after `uptime` seconds of this process cannot be right.
    fn implausible(&self, wall: u64, uptime: u64) -> Option<i64> {
        // It goes on with the monotonic clock: one that is behind never catches up with it by itself.
        let settled = self.settled.map_or(0, |settled| settled.saturating_add(uptime));
        let earliest = self.signed.max(self.last.unwrap_or(0)).max(settled);
        if wall.saturating_add(TOLERANCE) < earliest {
            return Some(difference(wall, earliest));
        }
        let last = self.last?;
        let latest = last.saturating_add(MAX_DOWNTIME).saturating_add(uptime);
        (wall > latest).then(|| difference(wall, last.saturating_add(uptime)))
    }
}

/// By how many seconds a clock that shows `wall` cannot be right at a start, for a register whose clock was
/// last checked at `last`, and that knows it to be as late as `settled`: ahead, or behind where negative.
/// `None` where it may be right.
pub fn implausible_at_start(last: Option<u64>, settled: Option<u64>, wall: u64) -> Option<i64> {
    Known { last, settled, signed: 0 }.implausible(wall, 0)
}

/// The furthest step ahead that an operator confirms without naming it, seconds. A clock that is behind is
/// always named: what was signed was signed at a time, so that it is the clock that is wrong, as a rule.
const UNNAMED_STEP: i64 = 3600;
/// How far a step may be from the one that was named, seconds: a minute of looking at another clock.
const NAMED_WITHIN: u64 = 60;

/// Whether an operator's word about a clock that is off by `step` seconds counts, where they `named` it. A
/// word given without looking would end the very condition that says to look.
pub fn may_confirm(step: i64, named: Option<i64>) -> bool {
    match named {
        Some(named) => named.abs_diff(step) <= NAMED_WITHIN,
        None => (0..=UNNAMED_STEP).contains(&step),
    }
}

/// Watches the clock of one process.
pub(crate) struct ClockGuard {
    known: Known,
    started: u64,
    /// What later readings are compared with; `None` for as long as the clock was implausible since the
    /// start.
    basis: Option<Reading>,
    /// The monotonic time since which the clocks agree.
    agree_since: u64,
    /// How late it was at least, by a clock that had agreed for long or an operator's word, and the monotonic
    /// time of that.
    floor: Option<Reading>,
    state: ClockState,
}

impl ClockGuard {
    /// Begins with the first reading of a process.
    pub(crate) fn start(reading: Reading, known: Known) -> Self {
        let floor = known.settled.map(|wall| Reading { wall, ..reading });
        let mut guard = Self {
            known,
            started: reading.monotonic,
            basis: None,
            agree_since: reading.monotonic,
            floor,
            state: ClockState::Unchecked,
        };
        guard.look(reading);
        guard
    }

    /// Judges a reading.
    pub(crate) fn look(&mut self, reading: Reading) -> ClockState {
        let step = match self.basis {
            Some(basis) => step_since(basis, reading),
            None => {
                let uptime = reading.monotonic.saturating_sub(self.started);
                self.known.implausible(reading.wall, uptime)
            }
        };
        self.state = match (step, self.state) {
            (Some(seconds), _) => ClockState::Stepped(seconds),
            (None, ClockState::Stepped(_)) => self.begin(reading),
            (None, _) if self.basis.is_none() => self.begin(reading),
            (None, _) if reading.monotonic.saturating_sub(self.agree_since) >= AGREE_FOR => {
                self.raise_floor(reading);
                self.compare_anew(reading);
                ClockState::Checked
            }
            (None, _) => ClockState::Unchecked,
        };
        self.state
    }

    /// In how many seconds an unchecked clock is checked, as far as nothing speaks against it until then; at
    /// least one.
    pub(crate) fn seconds_to_checked(&self, reading: Reading) -> u64 {
        let agreed = reading.monotonic.saturating_sub(self.agree_since);
        AGREE_FOR.saturating_sub(agreed).max(1)
    }

    /// How late it is at least at a reading, Unix seconds; `None` where nothing is known. It goes on with the
    /// monotonic clock, so that one which is behind never catches up with it by itself; an operator's word
    /// gives it up.
    pub(crate) fn earliest(&self, reading: Reading) -> Option<u64> {
        let floor = self.floor?;
        let elapsed = reading.monotonic.saturating_sub(floor.monotonic);
        Some(floor.wall.saturating_add(elapsed))
    }

    /// A checked clock may be set back a little. One that has agreed for long is what counts.
    fn raise_floor(&mut self, reading: Reading) {
        let is_settled = reading.monotonic.saturating_sub(self.agree_since) >= SETTLED_AFTER;
        let known = if is_settled { Some(reading.wall) } else { self.earliest(reading) };
        self.floor = known.map(|known| Reading { wall: known.min(reading.wall), ..reading });
    }

    /// Takes an operator's word that the clock is right now. It is checked once the clocks agree for long
    /// enough.
    pub(crate) fn confirm(&mut self, reading: Reading) -> ClockState {
        self.basis = Some(reading);
        self.floor = Some(reading);
        self.state = self.begin(reading);
        self.state
    }

    /// Counts the time of agreement from here. A clock that came back to where it was is compared with what
    /// it was before.
    fn begin(&mut self, reading: Reading) -> ClockState {
        self.agree_since = reading.monotonic;
        self.basis.get_or_insert(reading);
        ClockState::Unchecked
    }

    fn compare_anew(&mut self, reading: Reading) {
        let over =
            |basis: &Reading| reading.monotonic.saturating_sub(basis.monotonic) >= COMPARE_OVER;
        if self.basis.as_ref().is_some_and(over) {
            self.basis = Some(reading);
        }
    }
}

/// How far the wall clock is from where the monotonic one puts it, where that is more than clocks may differ.
fn step_since(basis: Reading, reading: Reading) -> Option<i64> {
    let elapsed = reading.monotonic.saturating_sub(basis.monotonic);
    let step = difference(reading.wall, basis.wall.saturating_add(elapsed));
    (step.unsigned_abs() > TOLERANCE).then_some(step)
}

fn difference(wall: u64, expected: u64) -> i64 {
    let difference = i128::from(wall) - i128::from(expected);
    i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
#[path = "clock_guard_tests.rs"]
mod tests;
