//! What unlocking needs once: the PIN, and the key of the finger or face.
#![expect(clippy::result_large_err, reason = "it crosses the border as bytes, once")]

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::errors::UnlockSetupError;
use crate::unlocking::Unlocking;
use crate::wallet::Wallet;

#[uniffi::export]
impl Wallet {
    /// What the wallet knows of its PIN.
    pub fn pin_status(&self) -> Result<PinStatus, UnlockSetupError> {
        Ok(self.core()?.pin_status()?.into())
    }

    /// Sets the first PIN, six digits: up to 900 seconds after enrolling, or by the screen lock, or by a
    /// finger or face. All unlockings end. Takes about a second, since it finds out how fast this phone is:
    /// not for the thread that draws.
    pub fn set_pin(&self, new: String, by: Arc<Unlocking>) -> Result<(), UnlockSetupError> {
        let new = Zeroizing::new(new);
        Ok(self.core()?.set_pin(&new, &by.core)?)
    }

    /// Changes the PIN. The old one is checked as when unlocking, and counts as a try; all unlockings end.
    /// Takes about a second.
    pub fn change_pin(&self, old: String, new: String) -> Result<(), UnlockSetupError> {
        let (old, new) = (Zeroizing::new(old), Zeroizing::new(new));
        Ok(self.core()?.change_pin(&old, &new)?)
    }

    /// Sets another PIN in place of a forgotten one, by the screen lock, or by a finger or face. All
    /// unlockings end. A PIN whose tries are used up stays locked. Takes about a second.
    pub fn reset_pin(&self, new: String, by: Arc<Unlocking>) -> Result<(), UnlockSetupError> {
        let new = Zeroizing::new(new);
        Ok(self.core()?.reset_pin(&new, &by.core)?)
    }

    /// True where a finger or face can unlock.
    pub fn has_biometric(&self) -> Result<bool, UnlockSetupError> {
        Ok(self.core()?.has_biometric()?)
    }

    /// Lets the holder's finger or face unlock from now on, by a key of policy `HOLDER_PRESENT`. Needs tier
    /// 2, or that the person enrolled at most 900 seconds ago; a key of before is replaced.
    pub fn enable_biometric(&self, by: Arc<Unlocking>) -> Result<(), UnlockSetupError> {
        Ok(self.core()?.enable_biometric(&by.core)?)
    }

    /// Ends unlocking by finger or face, for instance where the phone has invalidated the key. Needs no
    /// proof.
    pub fn disable_biometric(&self) -> Result<(), UnlockSetupError> {
        Ok(self.core()?.disable_biometric()?)
    }
}

/// What the wallet can say of its PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PinStatus {
    /// Whether there is one.
    pub is_set: bool,
    /// Tries that are left; 0 once it is locked.
    pub tries_left: u32,
    /// Seconds until the next try.
    pub wait_seconds: u64,
}

impl From<szid_wallet::PinStatus> for PinStatus {
    fn from(status: szid_wallet::PinStatus) -> Self {
        Self { is_set: status.is_set, tries_left: status.tries_left, wait_seconds: status.wait }
    }
}
