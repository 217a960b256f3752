//! The counter of tries and the waits between them, as a function of records and clocks alone.
//!
//! A try is written down before it is checked. The waits are counted on the clock that nobody can set: a
//! phone without network knows nothing else for sure. After a restart only the time since the restart counts,
//! however long the phone was off, unless the city has signed the time both when the try began and since. The
//! wall clock counts for nothing.

use serde::{Deserialize, Serialize};

use super::error::UnlockError;
use super::policy::UnlockPolicy;
use super::proof::seconds_between;
use crate::ports::Reading;

/// Seconds to wait after so many wrong tries. No wait is longer than an hour, so that a restart, after which
/// a wait begins anew, costs a holder an hour at most.
const WAITS: [u64; 10] = [0, 0, 30, 60, 300, 900, 1800, 3600, 3600, 3600];

/// Tries since the last one that was right, written with every PIN. A try that was cut off counts as a wrong
/// one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tries {
    used: u32,
    last: Option<Moment>,
}

/// When the last try began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Moment {
    monotonic: u64,
    boot: u64,
    /// The time by the city's signature, where it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signed: Option<u64>,
}

/// What the clocks say now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) reading: Reading,
    /// The time by the city's signature, where it was signed since the phone started.
    pub(super) signed: Option<u64>,
}

impl Tries {
    /// A counter that nobody knows any more.
    pub(super) const LOST: Self = Self { used: u32::MAX, last: None };

    /// The counter with one more try; to be written before that try is checked.
    pub(super) fn begin(self, policy: UnlockPolicy, now: Now) -> Result<Self, UnlockError> {
        let tries_left = self.left(policy);
        if tries_left == 0 {
            return Err(UnlockError::PinLocked);
        }
        match self.wait(now) {
            0 => {
                let Now { reading: Reading { monotonic, boot, .. }, signed } = now;
                let last = Some(Moment { monotonic, boot, signed });
                Ok(Self { used: self.used.saturating_add(1), last })
            }
            wait => Err(UnlockError::PinWait { tries_left, wait }),
        }
    }

    /// Tries that are left.
    pub(super) fn left(self, policy: UnlockPolicy) -> u32 {
        policy.allowed_tries().saturating_sub(self.used)
    }

    /// Seconds until the next try.
    pub(super) fn wait(self, now: Now) -> u64 {
        let Some(last) = self.last else { return 0 };
        let at = usize::try_from(self.used).unwrap_or(usize::MAX).min(WAITS.len());
        let whole = at.checked_sub(1).map_or(0, |at| WAITS[at]);
        whole.saturating_sub(last.seconds_until(now))
    }
}

impl Moment {
    /// The seconds that have gone by for sure.
    fn seconds_until(self, now: Now) -> u64 {
        let then = Reading { wall: 0, monotonic: self.monotonic, boot: self.boot };
        let by_signature =
            self.signed.zip(now.signed).map_or(0, |(then, now)| now.saturating_sub(then));
        // Not the same boot, or a clock that went back: at least the time since it began to count has gone
        // by.
        let by_clock = seconds_between(then, now.reading).unwrap_or(now.reading.monotonic);
        by_clock.max(by_signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unlocking::AfterLastTry;
    use proptest::prelude::*;

    const POLICY: UnlockPolicy = UnlockPolicy { tries: 10, after_last_try: AfterLastTry::Counter };

    fn now(wall: u64, monotonic: u64, boot: u64) -> Now {
        Now { reading: Reading { wall, monotonic, boot }, signed: None }
    }

    /// After so many tries, the last of them at `at`.
    fn used(count: u32, at: Now) -> Tries {
        let Now { reading: Reading { monotonic, boot, .. }, signed } = at;
        Tries { used: count, last: Some(Moment { monotonic, boot, signed }) }
    }

    #[test]
    fn waits_rise_and_the_budget_ends() {
        let mut tries = Tries::default();
        let (mut clock, mut waits) = (1000, Vec::new());
        for left in (0..10).rev() {
            tries = tries.begin(POLICY, now(0, clock, 1)).unwrap();
            assert_eq!(tries.left(POLICY), left);
            let wait = tries.wait(now(0, clock, 1));
            waits.push(wait);
            if left > 0 && wait > 0 {
                let early = tries.begin(POLICY, now(0, clock + wait - 1, 1)).unwrap_err();
                assert!(
                    matches!(early, UnlockError::PinWait { wait: 1, tries_left } if tries_left == left)
                );
            }
            clock += wait;
        }
        assert_eq!(waits, WAITS);
        assert!(waits.is_sorted());
        let over = tries.begin(POLICY, now(u64::MAX, u64::MAX, 1)).unwrap_err();
        assert!(matches!(over, UnlockError::PinLocked));
    }

    #[test]
    fn the_wall_clock_counts_for_nothing_and_a_restart_begins_the_wait_anew() {
        let tries = used(5, now(1_000_000, 500, 1));
        assert_eq!(tries.wait(now(9_000_000, 600, 1)), 200, "set forward");
        assert_eq!(tries.wait(now(5, 600, 1)), 200, "set back");
        assert_eq!(tries.wait(now(9_000_000, 20, 2)), 280, "restarted and set forward");
        assert_eq!(tries.wait(now(5, 300, 2)), 0, "five minutes after the restart");
        assert_eq!(tries.wait(now(0, 100, 1)), 200, "a clock that lost its start");
    }

    #[test]
    fn time_that_the_city_signed_counts_over_a_restart() {
        let signed = |monotonic, boot, signed| Now { signed, ..now(0, monotonic, boot) };
        let tries = used(8, signed(500, 1, Some(1_000_000)));
        assert_eq!(tries.wait(signed(10, 2, Some(1_003_000))), 600);
        assert_eq!(tries.wait(signed(10, 2, Some(1_004_000))), 0);
        assert_eq!(tries.wait(signed(10, 2, None)), 3590, "not signed since the restart");
        assert_eq!(tries.wait(signed(10, 2, Some(1))), 3590, "a signed time that went back");
        assert_eq!(used(8, now(0, 500, 1)).wait(signed(10, 2, Some(9_000_000))), 3590);
    }

    #[test]
    fn a_stricter_policy_counts_at_once() {
        let strict = UnlockPolicy { tries: 5, ..POLICY };
        assert_eq!(used(7, now(0, 0, 1)).left(strict), 0);
        for (asked, counts) in [(0, 3), (3, 3), (10, 10), (255, 10)] {
            assert_eq!(UnlockPolicy { tries: asked, ..POLICY }.allowed_tries(), counts);
        }
    }

    #[test]
    fn the_record_keeps_its_bytes() {
        let tries = used(3, Now { signed: Some(1_768_449_600), ..now(0, 77, 9) });
        let bytes = r#"{"used":3,"last":{"monotonic":77,"boot":9,"signed":1768449600}}"#;
        assert_eq!(serde_json::to_string(&tries).unwrap(), bytes);
        assert_eq!(serde_json::from_str::<Tries>(bytes).unwrap(), tries);
        let without = r#"{"used":1,"last":{"monotonic":77,"boot":9}}"#;
        assert_eq!(serde_json::to_string(&used(1, now(5, 77, 9))).unwrap(), without);
        assert_eq!(serde_json::from_str::<Tries>(without).unwrap(), used(1, now(0, 77, 9)));
    }

    /// What can happen to a phone between two tries.
    #[derive(Clone, Debug)]
    enum Event {
        Passes(u16),
        WallClockSet(u64),
        Restart { off_for: u32 },
        SignedTime,
        Guess,
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            3 => any::<u16>().prop_map(Event::Passes),
            2 => any::<u64>().prop_map(Event::WallClockSet),
            2 => any::<u32>().prop_map(|off_for| Event::Restart { off_for }),
            1 => Just(Event::SignedTime),
            8 => Just(Event::Guess),
        ]
    }

    proptest! {
        #[test]
        fn whatever_is_done_to_the_clocks_no_try_comes_before_its_wait_and_none_beyond_the_budget(
            events in proptest::collection::vec(event(), 0..80),
        ) {
            let (mut truth, mut wall, mut booted, mut boot) = (1_700_000_000u64, 0u64, 1_699_999_000u64, 1u64);
            let mut anchor: Option<u64> = None;
            let mut tries = Tries::default();
            let mut made: Vec<u64> = Vec::new();
            for event in events {
                match event {
                    Event::Passes(seconds) => truth += u64::from(seconds),
                    Event::WallClockSet(to) => wall = to,
                    Event::Restart { off_for } => {
                        truth += u64::from(off_for);
                        (booted, boot, anchor) = (truth, boot + 1, None);
                    }
                    Event::SignedTime => anchor = Some(boot),
                    Event::Guess => {
                        let signed = anchor.map(|_| truth);
                        let now = Now { signed, ..now(wall, truth - booted, boot) };
                        if let Ok(begun) = tries.begin(POLICY, now) {
                            if let Some(last) = made.last() {
                                prop_assert!(truth - last >= WAITS[made.len() - 1]);
                            }
                            made.push(truth);
                            tries = begun;
                        }
                    }
                }
                prop_assert!(made.len() <= 10);
            }
        }
    }
}
