//! The PIN: set, checked, changed, reset.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use serde::{Deserialize, Serialize};
use szid_protocol::level::AuthenticationTier;

use super::by_biometric::StoredBiometric;
use super::cost::{Cost, StoredPin};
use super::error::UnlockError;
use super::method::UnlockMethod;
use super::pin::Pin;
use super::policy::AfterLastTry;
use super::proof::{Generation, Unlocking, seconds_between};
use super::tries::{Now, Tries};
use crate::error::WalletError;
use crate::ports::Reading;
use crate::records::{Batch, ENROLLED_ANEW, PIN, PIN_MAY_BE_SET, STATE, TRIES, load};
use crate::time::TimeSource;
use crate::wallet::Wallet;

/// For so long after enrolling the PIN may be set by whoever holds the phone, seconds: the person was
/// identified just now.
const SET_AFTER_ENROLMENT: u64 = 900;

/// What the wallet can say of its PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PinStatus {
    /// Whether there is one.
    pub is_set: bool,
    /// Tries that are left; 0 once it is locked.
    pub tries_left: u32,
    /// Seconds until the next try.
    pub wait: u64,
}

/// From when on a PIN may be set without another unlocking.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct MayBeSet {
    monotonic: u64,
    boot: u64,
}

/// Keeps checks apart. Whoever comes meanwhile is sent away instead of waiting: ports are called in between.
struct Turn<'a>(&'a AtomicBool);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.store(false, SeqCst);
    }
}

impl Wallet {
    /// What the wallet knows of its PIN.
    ///
    /// # Errors
    /// [`WalletError::Vault`].
    pub fn pin_status(&self) -> Result<PinStatus, WalletError> {
        let is_set = load::<StoredPin>(&self.vault, STATE, PIN)?.is_some();
        let tries = self.tries()?;
        let tries_left = tries.left(self.options.unlock_policy);
        let wait = if tries_left == 0 { 0 } else { tries.wait(self.time_for_tries()?) };
        Ok(PinStatus { is_set, tries_left, wait })
    }

    /// Sets the first PIN: up to a quarter of an hour after enrolling, or by the screen lock, or by a finger
    /// or face. Takes about a second: it finds out how fast this phone is.
    ///
    /// # Errors
    /// [`UnlockError::PinSet`], [`UnlockError::PinForm`], [`UnlockError::PinWeak`],
    /// [`UnlockError::ProofNeeded`], or what the wallet failed with.
    pub fn set_pin(&self, new: &str, by: &Unlocking) -> Result<(), UnlockError> {
        let _turn = self.turn()?;
        if load::<StoredPin>(&self.vault, STATE, PIN)?.is_some() {
            return Err(UnlockError::PinSet);
        }
        let new = Pin::choose(new)?;
        self.expect_proof(by)?;
        self.keep_pin(&new)
    }

    /// Changes the PIN. The old one is checked as in [`Wallet::unlock_with_pin`], and counts as a try; all
    /// unlockings end.
    ///
    /// # Errors
    /// As [`Wallet::unlock_with_pin`]; [`UnlockError::PinWeak`] for the new one, before a try is counted.
    pub fn change_pin(&self, old: &str, new: &str) -> Result<(), UnlockError> {
        let _turn = self.turn()?;
        let (old, new) = (Pin::read(old)?, Pin::choose(new)?);
        self.check_pin(&old)?;
        self.keep_pin(&new)
    }

    /// Sets another PIN in place of a forgotten one, by the screen lock, or by a finger or face. A PIN whose
    /// tries are used up stays locked: that takes a new enrolment.
    ///
    /// # Errors
    /// [`UnlockError::PinMissing`], [`UnlockError::PinLocked`], and as [`Wallet::set_pin`].
    pub fn reset_pin(&self, new: &str, by: &Unlocking) -> Result<(), UnlockError> {
        let _turn = self.turn()?;
        if load::<StoredPin>(&self.vault, STATE, PIN)?.is_none() {
            return Err(UnlockError::PinMissing);
        }
        if self.tries()?.left(self.options.unlock_policy) == 0 {
            return Err(UnlockError::PinLocked);
        }
        let new = Pin::choose(new)?;
        if self.current_tier(by)? < AuthenticationTier::DeviceCredential
            || by.method() == UnlockMethod::Pin
        {
            return Err(UnlockError::ProofNeeded);
        }
        self.keep_pin(&new)
    }

    /// Unlocks with the PIN: tier 2. The try is written down before it is checked, so that whatever ends the
    /// app in between gives no further one. Takes up to half a second.
    ///
    /// # Errors
    /// [`UnlockError::PinWrong`] with what is left, [`UnlockError::PinWait`] where it is too early,
    /// [`UnlockError::PinLocked`] or [`WalletError::WipedAfterLastTry`] after the last try,
    /// [`UnlockError::PinMissing`], [`UnlockError::PinForm`], or what the wallet failed with.
    pub fn unlock_with_pin(&self, pin: &str) -> Result<Unlocking, UnlockError> {
        let _turn = self.turn()?;
        let generation = Generation::now(&self.unlockings);
        self.check_pin(&Pin::read(pin)?)?;
        Ok(self.unlocked_by(UnlockMethod::Pin, generation))
    }

    /// Counts a try, durably, and then makes it.
    fn check_pin(&self, pin: &Pin) -> Result<(), UnlockError> {
        let stored: StoredPin = load(&self.vault, STATE, PIN)?.ok_or(UnlockError::PinMissing)?;
        let policy = self.options.unlock_policy;
        let tries = self.tries()?.begin(policy, self.time_for_tries()?)?;
        // Before it is counted: a phone that is short of memory costs nobody a try.
        let room = stored.room()?;
        let mut batch = Batch::default();
        batch.put(STATE, TRIES, &tries)?;
        batch.write(&self.vault)?;
        if stored.is(pin, room)? {
            let mut batch = Batch::default();
            batch.put(STATE, TRIES, &Tries::default())?;
            return Ok(batch.write(&self.vault)?);
        }
        let tries_left = tries.left(policy);
        match policy.after_last_try {
            _ if tries_left > 0 => {
                let wait = tries.wait(self.time_for_tries()?);
                Err(UnlockError::PinWrong { tries_left, wait })
            }
            AfterLastTry::Counter => Err(UnlockError::PinLocked),
            AfterLastTry::Wipe => {
                self.wipe()?;
                Err(WalletError::WipedAfterLastTry.into())
            }
        }
    }

    /// Keeps a new PIN, with no try used, and ends what was unlocked with another one.
    fn keep_pin(&self, new: &Pin) -> Result<(), UnlockError> {
        let salt = self.random()?;
        let cost = Cost::calibrated(|cost| {
            let Some(begun) = self.clock.stopwatch() else { return Ok(None) };
            cost.room()?.digest(new, &salt)?;
            Ok(self.clock.stopwatch().and_then(|ended| ended.checked_sub(begun)))
        })?;
        let mut batch = Batch::default();
        batch.put(STATE, PIN, &StoredPin::new(new, cost, salt)?)?;
        batch.put(STATE, TRIES, &Tries::default())?;
        batch.delete(STATE, PIN_MAY_BE_SET);
        batch.write(&self.vault)?;
        self.lock();
        Ok(())
    }

    /// What a first PIN and a first finger need: tier 2, or that the person enrolled just now.
    pub(super) fn expect_proof(&self, by: &Unlocking) -> Result<(), UnlockError> {
        if self.current_tier(by)? >= AuthenticationTier::DeviceCredential {
            return Ok(());
        }
        let since: Option<MayBeSet> = load(&self.vault, STATE, PIN_MAY_BE_SET)?;
        let age = since.and_then(|MayBeSet { monotonic, boot }| {
            seconds_between(Reading { wall: 0, monotonic, boot }, self.clock.read())
        });
        if age.is_some_and(|age| age <= SET_AFTER_ENROLMENT) {
            Ok(())
        } else {
            Err(UnlockError::ProofNeeded)
        }
    }

    /// Forgets the PIN and the finger of whoever was enrolled before, in the batch that lets their last pass
    /// go, and lets the one who was identified just now set a PIN of their own. True where there is something
    /// to forget.
    pub(crate) fn forget_unlocking_of_before(
        &self,
        batch: &mut Batch,
    ) -> Result<bool, WalletError> {
        if load::<()>(&self.vault, STATE, ENROLLED_ANEW)?.is_none() {
            return Ok(false);
        }
        for record in [ENROLLED_ANEW, PIN, TRIES] {
            batch.delete(STATE, record);
        }
        StoredBiometric::forget(&self.vault, batch)?;
        let Reading { monotonic, boot, .. } = self.clock.read();
        batch.put(STATE, PIN_MAY_BE_SET, &MayBeSet { monotonic, boot })?;
        Ok(true)
    }

    /// Makes good for a kill between the last try and the wipe. True where the wallet is wiped now.
    pub(crate) fn finish_wipe(&self) -> Result<bool, WalletError> {
        let policy = self.options.unlock_policy;
        // A record that is not there is locked, and no reason to destroy anything.
        let used_up =
            load::<Tries>(&self.vault, STATE, TRIES)?.is_some_and(|it| it.left(policy) == 0);
        if policy.after_last_try != AfterLastTry::Wipe || !used_up {
            return Ok(false);
        }
        self.wipe()?;
        Ok(true)
    }

    /// Each PIN has its counter from the first day on. One that got lost, by damage to both copies of the
    /// vault, gives no tries back: the PIN is locked.
    fn tries(&self) -> Result<Tries, WalletError> {
        if let Some(tries) = load(&self.vault, STATE, TRIES)? {
            return Ok(tries);
        }
        let has_pin = load::<StoredPin>(&self.vault, STATE, PIN)?.is_some();
        Ok(if has_pin { Tries::LOST } else { Tries::default() })
    }

    fn time_for_tries(&self) -> Result<Now, WalletError> {
        let time = self.corrected_time()?;
        let signed = (time.source == TimeSource::Signed).then_some(time.seconds);
        Ok(Now { reading: self.clock.read(), signed })
    }

    fn turn(&self) -> Result<Turn<'_>, UnlockError> {
        if self.checking_pin.swap(true, SeqCst) {
            return Err(UnlockError::Unavailable);
        }
        Ok(Turn(&self.checking_pin))
    }
}
