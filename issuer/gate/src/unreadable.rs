//! Scans of what is no code of this city: a scanner whose key is stuck makes hundreds a second. They leave no
//! receipt each: they are counted, and the log is told once a minute. The count begins anew with the gate.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Seconds between two lines in the log.
const TOLD_EACH: u64 = 60;

/// What was counted.
#[derive(Default)]
pub(crate) struct UnreadableScans(Mutex<Counted>);

#[derive(Clone, Copy, Default)]
struct Counted {
    count: u64,
    told: u64,
    told_at: Option<u64>,
}

impl UnreadableScans {
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one, and tells the log what it has not been told where a minute has passed.
    pub(crate) fn count(&self, now: u64) {
        let mut counted = self.counted();
        counted.count = counted.count.saturating_add(1);
        // A clock that went back has no say in it.
        if counted.told_at.is_none_or(|at| now.abs_diff(at) >= TOLD_EACH) {
            let more = counted.count - counted.told;
            tracing::warn!(more, "what was scanned is no code of this city; no receipt is kept");
            (counted.told, counted.told_at) = (counted.count, Some(now));
        }
    }

    /// How many since the start.
    pub(crate) fn counted_since_start(&self) -> u64 {
        self.counted().count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_told_at_once_and_then_once_a_minute() {
        let scans = UnreadableScans::default();
        let told = |now| {
            scans.count(now);
            scans.counted().told
        };
        assert_eq!([1000, 1001, 1059, 1060, 1061].map(told), [1, 1, 1, 4, 4]);
        assert_eq!(told(900), 6, "a clock that went back keeps nothing quiet");
        assert_eq!(scans.counted_since_start(), 6);
    }
}
