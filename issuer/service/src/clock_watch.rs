//! The watch over the service's clock: what a step does to conditions, metrics and log, and the operator's
//! word about it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use szid_protocol::verify::MAX_AHEAD;
use szid_register::StoreError;

use crate::clock::{Clock, Reading};
use crate::clock_guard::{ClockGuard, ClockState, Known};
use crate::health::Condition;
use crate::publication::TrustPublication;
use crate::shared::Common;

/// The guard of the running process, and what was last told of it.
pub(crate) struct ClockWatch {
    guard: Mutex<ClockGuard>,
    /// How late it is at least, as of the last look: each scan asks, so it takes no lock.
    earliest: AtomicU64,
    /// The list in force says how late it is as well.
    trust: Arc<TrustPublication>,
}

impl ClockWatch {
    pub(crate) fn start(clock: &dyn Clock, known: Known, trust: Arc<TrustPublication>) -> Self {
        let reading = clock.read();
        let guard = ClockGuard::start(reading, known);
        let earliest = AtomicU64::new(guard.earliest(reading).unwrap_or(0));
        Self { guard: Mutex::new(guard), earliest, trust }
    }

    /// How late it is at least, Unix seconds, 0 where nothing is known: a clock that reads less is behind.
    pub(crate) fn earliest(&self) -> u64 {
        self.earliest.load(Ordering::Relaxed)
    }

    /// Whether a reading is behind that by more than codes are allowed: no code is judged by it.
    fn is_behind(&self, reading: Reading) -> bool {
        reading.wall.saturating_add(MAX_AHEAD) < self.earliest()
    }

    fn note(&self, guard: &ClockGuard, reading: Reading) {
        self.earliest.store(guard.earliest(reading).unwrap_or(0), Ordering::Relaxed);
    }

    fn guard(&self) -> MutexGuard<'_, ClockGuard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Common {
    /// Looks at the clock now: a step is a condition, a gauge and a line in the log.
    pub(crate) fn look_at_clock(&self) -> (Reading, ClockState) {
        let mut guard = self.clock_watch.guard();
        let reading = self.clock.read();
        let state = guard.look(reading);
        self.clock_watch.note(&guard, reading);
        self.tell(reading, state);
        (reading, state)
    }

    /// In how many seconds an unchecked clock is checked.
    pub(crate) fn seconds_to_checked_clock(&self, reading: Reading) -> u64 {
        self.clock_watch.guard().seconds_to_checked(reading)
    }

    /// Notes how late it is at least, and judges nothing.
    pub(crate) fn note_time(&self) {
        let guard = self.clock_watch.guard();
        let reading = self.clock.read();
        self.clock_watch.note(&guard, reading);
        self.tell_behind(reading);
    }

    /// Keeps how late it is at least, for the next start. A clock that was ahead for some minutes never gets
    /// there.
    pub(crate) async fn keep_settled_time(&self) {
        self.look_at_clock();
        let earliest = self.clock_watch.earliest();
        if earliest == 0 {
            return;
        }
        if let Err(error) = self.store.keep_settled_time(earliest).await {
            tracing::error!(
                code = error.code(),
                "the register cannot keep how late it is at least"
            );
        }
    }

    /// The time as of which something may be forgotten, if the clock may be believed that far.
    pub(crate) fn checked_time(&self) -> Option<u64> {
        let (reading, state) = self.look_at_clock();
        (state == ClockState::Checked).then_some(reading.wall)
    }

    /// The time as the service gives it to whoever asks for it; nothing while it knows its clock to be ahead
    /// of where it should be, or behind what it knows of the time. One that is set right after a start under
    /// a wrong clock is neither.
    pub(crate) fn vouched_time(&self) -> Option<u64> {
        let (reading, state) = self.look_at_clock();
        (state.step() <= 0 && !self.clock_watch.is_behind(reading)).then_some(reading.wall)
    }

    /// Takes an operator's word that the clock is right, and keeps it. Answers by how many seconds it had
    /// been off.
    pub(crate) async fn confirm_clock(&self, actor: String) -> Result<i64, StoreError> {
        let (reading, state) = self.look_at_clock();
        let step = state.step();
        self.store.confirm_time(actor, step, reading.wall).await?;
        // The word is about the clock as it was looked at: one that stepped meanwhile is found at the next
        // look.
        let state = {
            let mut guard = self.clock_watch.guard();
            let state = guard.confirm(reading);
            self.clock_watch.note(&guard, reading);
            state
        };
        tracing::warn!(step, time = reading.wall, "the clock was confirmed by an operator");
        self.tell(reading, state);
        Ok(step)
    }

    fn tell(&self, reading: Reading, state: ClockState) {
        let step = state.step();
        let before = self.metrics.clock_step.set(step);
        if step != 0 && before == 0 {
            tracing::error!(
                seconds = step,
                "the clock is not where it should be: nothing is forgotten until it is right or confirmed"
            );
        }
        self.metrics.clock_checked.set((state == ClockState::Checked).into());
        self.health.set(Condition::ClockStepped, step != 0);
        self.tell_behind(reading);
    }

    fn tell_behind(&self, reading: Reading) {
        // A list that was signed since the start says how late it is as well, and no code is judged before
        // it.
        let signed = self.clock_watch.trust.current().map_or(0, |list| list.issued_at());
        let is_behind_list = reading.wall.saturating_add(MAX_AHEAD) < signed;
        let is_behind = is_behind_list || self.clock_watch.is_behind(reading);
        self.health.set(Condition::ClockBehind, is_behind);
    }
}
