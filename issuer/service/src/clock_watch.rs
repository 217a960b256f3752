//! The watch over the service's clock: what a step does to conditions, metrics and log, and the operator's word about it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::{Clock, Reading};
use crate::clock_guard::{ClockGuard, ClockState, Known};
use crate::health::Condition;
use crate::service::Service;
use crate::store::StoreError;

/// The guard of the running process, and what was last told of it.
pub(crate) struct ClockWatch(Mutex<ClockGuard>);

impl ClockWatch {
    pub(crate) fn start(clock: &dyn Clock, known: Known) -> Self {
        Self(Mutex::new(ClockGuard::start(clock.read(), known)))
    }

    fn guard(&self) -> MutexGuard<'_, ClockGuard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    /// Looks at the clock now: a step is a condition, a gauge and a line in the log.
    pub(crate) fn look_at_clock(&self) -> (Reading, ClockState) {
        let mut guard = self.clock_watch.guard();
        let reading = self.clock.read();
        let state = guard.look(reading);
        self.tell(state);
        (reading, state)
    }

    /// The time as of which something may be forgotten, if the clock may be believed that far.
    pub(crate) fn checked_time(&self) -> Option<u64> {
        let (reading, state) = self.look_at_clock();
        (state == ClockState::Checked).then_some(reading.wall)
    }

    /// Takes an operator's word that the clock is right, and keeps it. Answers by how many seconds it had been off.
    pub(crate) async fn confirm_clock(&self, actor: String) -> Result<i64, StoreError> {
        let (reading, state) = self.look_at_clock();
        let step = state.step();
        self.store.confirm_time(actor, step, reading.wall).await?;
        // The word is about the clock as it was looked at: one that stepped meanwhile is found at the next look.
        let state = self.clock_watch.guard().confirm(reading);
        tracing::warn!(step, time = reading.wall, "the clock was confirmed by an operator");
        self.tell(state);
        Ok(step)
    }

    fn tell(&self, state: ClockState) {
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
    }
}
