//! What an operator has to look at: conditions that hold for a while, told by `readyz`, the metrics and the log.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

macro_rules! conditions {
    ($($case:ident, $code:literal, $severity:ident, $advice:literal;)+) => {
        /// A state that an operator has to look at. Codes are stable and listed in `docs/errors.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Condition { $(#[doc = $advice] $case),+ }

        impl Condition {
            /// Every condition.
            pub const ALL: &'static [Condition] = &[$(Condition::$case),+];

            /// The stable code.
            pub const fn code(self) -> &'static str { match self { $(Self::$case => $code),+ } }
            /// Whether requests are still served.
            pub const fn severity(self) -> Severity { match self { $(Self::$case => Severity::$severity),+ } }
            /// What to do.
            pub const fn advice(self) -> &'static str { match self { $(Self::$case => $advice),+ } }
        }
    };
}

conditions! {
    TrustOver, "TRUST_OVER", NotReady, "the trust list has run out or is missing: sign a new one with szid admin trust and lay it in its place";
    KeyNotListed, "KEY_NOT_LISTED", NotReady, "the trust list does not name a key that this service signs with, or not any more: gates refuse what it signs. See which in the log, put public-keys.json in order with szid admin keys --discard, and have a new trust list signed from it";
    KeyEnds, "KEY_ENDS", Warning, "a key that this service signs with ends, in the trust list, before what it signs: restart the service if keys were activated; else put public-keys.json in order with szid admin keys --discard, and have a new trust list signed from it";
    TrustRefused, "TRUST_REFUSED", Warning, "the trust list that was laid in its place is refused or cannot be read, and the one before stays in force: see why in the log, and have another one signed";
    IdentityUnreadable, "IDENTITY_UNREADABLE", Warning, "a sealed identity does not open with the register's key: compare the register with a backup, and tell nobody that they are not in it";
    WitnessNotKept, "WITNESS_NOT_KEPT", Warning, "the register's witness cannot be written: make room on its disk or mend it";
    ClockStepped, "CLOCK_STEPPED", Warning, "this machine's clock is not where it should be, and nothing is forgotten until it is: set it right, or say that it is right with szid admin clock --confirm";
    ReceiptConflict, "RECEIPT_CONFLICT", Warning, "a gate sent two receipts under one number in the last week: its folder was put back from a copy, or two devices use its key; see the audit";
    TrustExpires, "TRUST_EXPIRES", Warning, "the trust list runs out within 14 days: sign a new one with szid admin trust and lay it in its place";
    RegisterReadOnly, "REGISTER_READ_ONLY", NotReady, "the register takes no writes: make room on its disk or mend it; it goes on by itself within seconds";
    DiskLow, "DISK_LOW", Warning, "a disk is nearly full (szid_disk_free_bytes): make room. New enrolments, devices, passes, registrations and receipts wait; scans, freezes and withdrawals go on";
    TaskEnded, "TASK_ENDED", NotReady, "a background task ended and is started again: see the log; restart the service and report it if it does not pass";
    ProxyUnnamed, "PROXY_UNNAMED", Warning, "base_url is https, so a proxy stands in front, and none is named: all clients share one rate. Name it as one of the proxies among the limits";
}

/// How much a condition keeps from working.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Everything is served; somebody should look soon.
    Warning,
    /// The service should get no requests.
    NotReady,
}

impl Severity {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::NotReady => "not_ready",
        }
    }
}

/// The conditions that hold now.
#[derive(Default)]
pub(crate) struct Health(Mutex<BTreeSet<Condition>>);

impl Health {
    fn held(&self) -> MutexGuard<'_, BTreeSet<Condition>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether a condition holds. A change is logged once, not at every look.
    pub(crate) fn set(&self, condition: Condition, holds: bool) {
        self.change(condition, holds);
    }

    /// The same; answers whether it was a change.
    pub(crate) fn change(&self, condition: Condition, holds: bool) -> bool {
        let mut held = self.held();
        let changed = if holds { held.insert(condition) } else { held.remove(&condition) };
        drop(held);
        let (code, advice) = (condition.code(), condition.advice());
        match (changed, holds, condition.severity()) {
            (false, ..) => {}
            (true, false, _) => tracing::info!(code, "a condition is over"),
            (true, true, Severity::Warning) => tracing::warn!(code, advice, "a condition holds"),
            (true, true, Severity::NotReady) => tracing::error!(code, advice, "a condition holds"),
        }
        changed
    }

    /// Those that hold, in the order of their declaration.
    pub(crate) fn conditions(&self) -> Vec<Condition> {
        self.held().iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_holds_until_it_is_over() {
        let health = Health::default();
        assert!(health.conditions().is_empty());
        health.set(Condition::RegisterReadOnly, true);
        health.set(Condition::RegisterReadOnly, true);
        health.set(Condition::TrustOver, true);
        assert_eq!(health.conditions(), [Condition::TrustOver, Condition::RegisterReadOnly]);
        health.set(Condition::RegisterReadOnly, false);
        assert_eq!(health.conditions(), [Condition::TrustOver]);
    }
}
