//! How often a person may have themselves proven: each try costs the city a request to another party, and a
//! stolen phone many.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::Quota;
use szid_register::PersonId;

use crate::access::Rates;

/// Tries that may come one after the other.
const BURST: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// Another one comes with each of these.
const ONE_MORE: Duration = Duration::from_secs(3 * 3600);

/// Counted in memory: a service that starts anew counts anew.
pub(super) struct Attempts(Rates<PersonId>);

impl Attempts {
    pub(super) fn new() -> Self {
        let quota = Quota::with_period(ONE_MORE).unwrap_or(Quota::per_hour(NonZeroU32::MIN));
        Self(Rates::with(quota.allow_burst(BURST)))
    }

    /// Counts one; the seconds to wait where there were too many.
    pub(super) fn take(&self, person: PersonId) -> Result<(), u64> {
        self.0.take(&person, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_ten_tries_and_another_one_every_three_hours() {
        let attempts = Attempts::new();
        for _ in 0..10 {
            assert!(attempts.take(PersonId([1; 16])).is_ok());
        }
        let wait = attempts.take(PersonId([1; 16])).unwrap_err();
        assert!((10_000..=10_801).contains(&wait), "{wait}");
        assert!(attempts.take(PersonId([2; 16])).is_ok(), "somebody else");
    }
}
