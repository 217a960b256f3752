//! How often: requests of an address and of a credential, and codes of a credential, however many come in one
//! request.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{NotUntil, Quota, RateLimiter};
use szid_register::DeviceId;

use crate::limits::Rate;
use crate::metrics::Metrics;

/// Looks between two at which keys are idle and can be forgotten.
const TIDY_EVERY: u64 = 10_000;
/// Keys that are busy at once in no sound city: beyond, the operator is told. Idle ones are forgotten in any
/// case.
const KEYS: usize = 200_000;

/// A rate for each key.
pub(crate) struct Rates<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, HashMapStateStore<K>, DefaultClock>,
    burst: NonZeroU32,
    looks: AtomicU64,
}

impl<K: Hash + Eq + Clone> Rates<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self::with(Quota::per_second(rate.per_second).allow_burst(rate.burst))
    }

    /// Rates that are slower than one a second.
    pub(crate) fn with(quota: Quota) -> Self {
        let burst = quota.burst_size();
        Self { limiter: RateLimiter::hashmap(quota), burst, looks: AtomicU64::new(0) }
    }

    /// Counts so many; the seconds to wait where that is more than the rate allows, and nothing is counted
    /// then. More than may come at once cost as much as may: they pass when nothing else did for a while, and
    /// never would otherwise.
    pub(crate) fn take(&self, key: &K, count: usize) -> Result<(), u64> {
        if self.looks.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.tidy();
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let count = NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN).min(self.burst);
        match self.limiter.check_key_n(key, count) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_until)) => Err(seconds(&not_until)),
            // Cannot be: the count is no larger than the burst.
            Err(_) => Err(1),
        }
    }

    fn tidy(&self) {
        self.limiter.retain_recent();
        if self.limiter.len() > KEYS {
            tracing::warn!("more clients than a rate limit can remember");
        }
        self.limiter.shrink_to_fit();
    }
}

fn seconds(not_until: &NotUntil<<DefaultClock as Clock>::Instant>) -> u64 {
    not_until.wait_time_from(DefaultClock::default().now()).as_secs() + 1
}

/// Who pays for a code.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Payer {
    /// The SHA-256 of a credential's secret.
    Credential([u8; 32]),
    /// A citizen's device, by whichever of its tokens. What another device of the same person does, as in a
    /// thief's hands, costs it nothing; a person's bound is that of as many devices as one may have.
    Device(DeviceId),
}

/// Codes, receipts, proofs and venue codes: whatever costs a signature or a row counts as one, whatever
/// request it comes in.
pub(crate) struct CodeRates(Option<Rates<Payer>>);

impl CodeRates {
    pub(crate) fn new(rate: Option<Rate>) -> Self {
        Self(rate.map(Rates::new))
    }

    /// Counts so many codes.
    pub(crate) fn take(&self, payer: Payer, count: usize, metrics: &Metrics) -> Result<(), Wait> {
        let Some(rates) = &self.0 else { return Ok(()) };
        rates.take(&payer, count).map_err(|seconds| {
            metrics.limited("codes");
            Wait(seconds)
        })
    }
}

/// The seconds to wait before another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) u64);

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(per_second: u32, burst: u32) -> Rates<u8> {
        let number = |value| NonZeroU32::new(value).unwrap();
        Rates::new(Rate { per_second: number(per_second), burst: number(burst) })
    }

    #[test]
    fn many_at_once_cost_as_many_and_what_is_refused_costs_nothing() {
        let rates = rates(1, 10);
        assert_eq!(rates.take(&1, 8), Ok(()));
        assert!(rates.take(&1, 3).is_err_and(|seconds| (1..=2).contains(&seconds)));
        assert_eq!(rates.take(&1, 2), Ok(()), "the refused ones were not counted");
        assert_eq!(rates.take(&2, 10), Ok(()), "another key has its own");
    }

    #[test]
    fn more_than_may_come_at_once_pass_when_nothing_else_did_and_cost_all() {
        let rates = rates(1, 10);
        assert_eq!(rates.take(&1, 100), Ok(()));
        assert!(rates.take(&1, 1).is_err());
        assert!(rates.take(&1, 100).is_err_and(|seconds| (10..=11).contains(&seconds)));
    }
}
