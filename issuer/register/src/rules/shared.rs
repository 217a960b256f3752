//! What whoever reads and whoever writes both hold: rows at hand, and the count of registrations.

use std::sync::atomic::{AtomicU64, Ordering};

use super::holders::RecentHolders;

/// Of one register, whatever becomes of its transactions.
pub(crate) struct Shared {
    pub(super) holders: RecentHolders,
    /// Goes up with each group that changes registrations or stops a copied device, before that group's
    /// changes are told to be done.
    registrations: AtomicU64,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self { holders: RecentHolders::new(), registrations: AtomicU64::new(0) }
    }

    pub(super) fn registrations(&self) -> u64 {
        self.registrations.load(Ordering::Acquire)
    }

    /// Whoever remembers a registration asks again.
    pub(crate) fn count_registrations(&self) {
        self.registrations.fetch_add(1, Ordering::Release);
    }
}
