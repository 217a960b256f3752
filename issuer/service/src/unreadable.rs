//! Scans of what is no code of this city: anybody can make as many as they like. They cost no row each: they
//! are counted for each device, and the audit is told once a minute. After a kill the counts of at most that
//! minute are lost.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use szid_register::audit::AuditEvent;

use crate::shared::Common;

/// Devices that are counted at once, at some 150 bytes each: more than any city registers. Further ones are
/// in the metrics only.
const MAX_DEVICES: usize = 100_000;

/// Venue and device.
type Scanner = (String, String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tally {
    count: u64,
    first: u64,
    last: u64,
}

impl Tally {
    fn and(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

/// What was counted since the audit was told.
#[derive(Default)]
pub(crate) struct UnreadableScans(Mutex<HashMap<Scanner, Tally>>);

impl UnreadableScans {
    fn tallies(&self) -> MutexGuard<'_, HashMap<Scanner, Tally>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count(&self, venue: &str, device: &str, at: u64) {
        self.add((venue.to_owned(), device.to_owned()), Tally { count: 1, first: at, last: at });
    }

    fn add(&self, scanner: Scanner, tally: Tally) {
        let mut tallies = self.tallies();
        if let Some(held) = tallies.get_mut(&scanner) {
            *held = held.and(tally);
        } else if tallies.len() < MAX_DEVICES {
            tallies.insert(scanner, tally);
        }
    }

    fn take(&self) -> HashMap<Scanner, Tally> {
        std::mem::take(&mut *self.tallies())
    }
}

/// Tells the audit what was counted, a row for each device. What cannot be written is told the next time.
pub(crate) async fn tell(common: &Common, unreadable: &UnreadableScans) {
    let now = common.clock.now();
    // All are on their way before the first is waited for: they share an fsync.
    let told = unreadable.take().into_iter().map(|(scanner, tally)| {
        let Tally { count, first, last } = tally;
        let (venue, device) = scanner.clone();
        let event = AuditEvent::UnreadableScans { venue, device, count, first, last };
        (scanner, tally, common.store.audit(event, now))
    });
    for (scanner, tally, told) in told.collect::<Vec<_>>() {
        if let Err(error) = told.await {
            tracing::error!(
                code = error.code(),
                "the audit cannot be told of unreadable scans yet"
            );
            unreadable.add(scanner, tally);
        }
    }
}

#[cfg(test)]
mod tests {
    use szid_protocol::reason::Reason;

    use super::*;

    #[test]
    fn scans_are_counted_by_device_with_the_first_and_the_last_second() {
        let scans = UnreadableScans::default();
        for at in [7, 9, 8] {
            scans.count("library", "desk-1", at);
        }
        scans.count("library", "desk-2", 5);
        let taken = scans.take();
        let of = |device: &str| taken[&("library".to_owned(), device.to_owned())];
        assert_eq!(of("desk-1"), Tally { count: 3, first: 7, last: 9 });
        assert_eq!(of("desk-2"), Tally { count: 1, first: 5, last: 5 });
        assert!(scans.take().is_empty());
        // What could not be told is told with what came meanwhile.
        scans.count("library", "desk-1", 20);
        scans.add(("library".into(), "desk-1".into()), of("desk-1"));
        let desk = ("library".to_owned(), "desk-1".to_owned());
        assert_eq!(scans.take()[&desk], Tally { count: 4, first: 7, last: 20 });
    }

    #[test]
    fn whatever_a_genuine_pass_comes_to_has_its_row() {
        for reason in [
            Reason::Ok,
            Reason::PassExpired,
            Reason::CodeExpired,
            Reason::Frozen,
            Reason::Revoked,
            Reason::Replay,
            Reason::HolderUnknown,
            Reason::ChallengeMismatch,
            Reason::NumberUnknown,
        ] {
            assert!(!reason.leaves_a_count(), "{reason}");
        }
        assert!(Reason::NotACitizenCode.leaves_a_count() && Reason::CodeSignature.leaves_a_count());
    }
}
