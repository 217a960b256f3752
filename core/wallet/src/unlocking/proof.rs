//! [`Unlocking`]: the proof that something happened, which ends by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use szid_protocol::level::AuthenticationTier;

use super::method::UnlockMethod;
use crate::error::WalletError;
use crate::ports::Reading;
use crate::wallet::Wallet;

/// How the holder unlocked this wallet, for as long as that counts.
///
/// Only a wallet makes one, it cannot be copied, and it is good for the wallet that made it. It ends when the
/// holder was idle for too long, at the latest after a fixed time, when the phone restarts, and when the
/// wallet is locked. Both times are counted on the clock that nobody can set.
///
/// It cannot be made from outside:
/// ```compile_fail
/// let made_up = szid_wallet::Unlocking { method: szid_wallet::UnlockMethod::Biometric };
/// ```
/// nor copied:
/// ```compile_fail
/// fn twice(one: &szid_wallet::Unlocking) -> szid_wallet::Unlocking { one.clone() }
/// ```
#[must_use = "a code states an unlocking"]
pub struct Unlocking {
    method: UnlockMethod,
    made_by: Generation,
    begun: Reading,
    /// When the holder was last active, in monotonic seconds.
    active: AtomicU64,
}

/// Names a wallet and the times that it was locked: what was made before the last time is over.
pub(crate) struct Generation {
    of_wallet: Arc<AtomicU64>,
    number: u64,
}

impl Generation {
    /// The one that is going on now.
    pub(crate) fn now(of_wallet: &Arc<AtomicU64>) -> Self {
        Self { of_wallet: Arc::clone(of_wallet), number: of_wallet.load(SeqCst) }
    }

    /// True while this wallet has not been locked since.
    pub(crate) fn goes_on(&self, of_wallet: &Arc<AtomicU64>) -> bool {
        Arc::ptr_eq(&self.of_wallet, of_wallet) && self.number == of_wallet.load(SeqCst)
    }
}

/// Seconds from one reading to a later one of the same boot; `None` where they cannot be compared.
pub(super) fn seconds_between(earlier: Reading, later: Reading) -> Option<u64> {
    if earlier.boot != later.boot {
        return None;
    }
    later.monotonic.checked_sub(earlier.monotonic)
}

impl Unlocking {
    /// What happened.
    pub fn method(&self) -> UnlockMethod {
        self.method
    }

    /// Seconds that are left at this reading, 0 once it is over.
    fn seconds_left(&self, now: Reading) -> u64 {
        let last_active = Reading { monotonic: self.active.load(SeqCst), ..self.begun };
        let ages = seconds_between(self.begun, now).zip(seconds_between(last_active, now));
        ages.map_or(0, |(age, idle)| {
            let whole = self.method.lasts_at_most().saturating_sub(age);
            whole.min(self.method.ends_when_idle_for().saturating_sub(idle))
        })
    }
}

impl Wallet {
    /// The app is open, and nobody was asked for anything: tier 1.
    pub fn app_opened(&self) -> Unlocking {
        self.unlocked_by(UnlockMethod::AppOpen, Generation::now(&self.unlockings))
    }

    /// Ends every unlocking of this wallet: when the app goes to the background, or the holder says so.
    pub fn lock(&self) {
        self.unlockings.fetch_add(1, SeqCst);
    }

    /// Says that the holder touched the app. Not for timers: codes that redraw themselves are no activity.
    ///
    /// # Errors
    /// [`WalletError::Locked`] where the unlocking is over already.
    pub fn holder_is_active(&self, unlocking: &Unlocking) -> Result<(), WalletError> {
        let now = self.clock.read();
        self.tier_of(unlocking, now)?;
        unlocking.active.fetch_max(now.monotonic, SeqCst);
        Ok(())
    }

    /// Seconds until an unlocking ends by itself, if nobody touches the app; 0 once it is over.
    pub fn unlocked_for(&self, unlocking: &Unlocking) -> u64 {
        if unlocking.made_by.goes_on(&self.unlockings) {
            unlocking.seconds_left(self.clock.read())
        } else {
            0
        }
    }

    /// The tier that a code may state now.
    pub(crate) fn current_tier(
        &self,
        unlocking: &Unlocking,
    ) -> Result<AuthenticationTier, WalletError> {
        self.tier_of(unlocking, self.clock.read())
    }

    fn tier_of(
        &self,
        unlocking: &Unlocking,
        now: Reading,
    ) -> Result<AuthenticationTier, WalletError> {
        let lasts = unlocking.made_by.goes_on(&self.unlockings) && unlocking.seconds_left(now) > 0;
        if lasts { Ok(unlocking.method.tier()) } else { Err(WalletError::Locked) }
    }

    /// `made_by` is read before the holder is asked: what locks the wallet meanwhile ends this unlocking,
    /// too.
    pub(super) fn unlocked_by(&self, method: UnlockMethod, made_by: Generation) -> Unlocking {
        let begun = self.clock.read();
        Unlocking { method, made_by, begun, active: begun.monotonic.into() }
    }
}
