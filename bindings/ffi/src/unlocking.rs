//! Unlocking: what the holder did just now, which is what a code states. No shell can claim a tier.

use std::sync::Arc;

use szid_wallet::KeyError;
use zeroize::Zeroizing;

use crate::errors::{Advice, CoreError, UnlockError};
use crate::pending::Pending;
use crate::ports::KeyPortError;
use crate::wallet::Wallet;

/// How the holder unlocked this wallet, for as long as that counts: it ends when the holder was idle for too
/// long, after a fixed time, when the phone restarts, and with `lock`. Good for the wallet that made it.
#[derive(uniffi::Object)]
pub struct Unlocking {
    pub(crate) core: szid_wallet::Unlocking,
}

impl Unlocking {
    fn of(core: szid_wallet::Unlocking) -> Arc<Self> {
        Arc::new(Self { core })
    }
}

#[uniffi::export]
impl Unlocking {
    /// What happened.
    pub fn method(&self) -> Result<UnlockMethod, UnlockError> {
        // A way that shells do not know yet has no name here.
        UnlockMethod::of(self.core.method()).ok_or_else(|| CoreError::Locked.into())
    }

    /// The tier that a code states after it, 1 to 3.
    pub fn tier(&self) -> u8 {
        self.core.method().tier() as u8
    }
}

/// What happened when the holder unlocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum UnlockMethod {
    /// The app was opened; nobody was asked for anything.
    AppOpen,
    /// The wallet's own PIN was right.
    Pin,
    /// The phone's screen lock was opened for the wallet.
    DeviceCredential,
    /// The holder's finger or face made a key sign that signs for nothing else.
    Biometric,
}

impl UnlockMethod {
    fn of(method: szid_wallet::UnlockMethod) -> Option<Self> {
        Some(match method {
            szid_wallet::UnlockMethod::AppOpen => Self::AppOpen,
            szid_wallet::UnlockMethod::Pin => Self::Pin,
            szid_wallet::UnlockMethod::DeviceCredential => Self::DeviceCredential,
            szid_wallet::UnlockMethod::Biometric => Self::Biometric,
            _ => return None,
        })
    }
}

#[uniffi::export]
impl Wallet {
    /// The app is open, and nobody was asked for anything: tier 1.
    pub fn app_opened(&self) -> Arc<Unlocking> {
        Unlocking::of(self.core_even_if_wiped().app_opened())
    }

    /// Unlocks with the PIN: tier 2. Takes up to half a second: not for the thread that draws.
    pub fn unlock_with_pin(&self, pin: String) -> Result<Arc<Unlocking>, UnlockError> {
        let pin = Zeroizing::new(pin);
        Ok(Unlocking::of(self.core()?.unlock_with_pin(&pin)?))
    }

    /// Has the phone ask for its screen lock: tier 2. Waits for the holder, at most 120 seconds, on the
    /// caller's thread: not for the one that draws.
    pub fn unlock_with_screen_lock(&self) -> Result<Arc<Unlocking>, UnlockError> {
        Ok(Unlocking::of(self.core()?.unlock_with_screen_lock()?))
    }

    /// Begins an unlocking by finger or face: the shell has its key store sign, which asks the holder.
    pub fn begin_biometric(&self) -> Result<Arc<PendingUnlocking>, UnlockError> {
        let core = self.core()?;
        let pending = core.begin_biometric()?;
        let request = szid_wallet::PendingUnlocking::signing_request;
        Ok(Arc::new(PendingUnlocking { pending: Pending::new(core, pending, request) }))
    }

    /// Ends every unlocking of this wallet: when the app goes to the background, or the holder says so.
    pub fn lock(&self) {
        self.core_even_if_wiped().lock();
    }

    /// Says that the holder touched the app. Not for timers: codes that redraw themselves are no activity.
    /// Ends with `Locked` where the unlocking is over already.
    pub fn holder_is_active(&self, unlocking: Arc<Unlocking>) -> Result<(), UnlockError> {
        Ok(self.core()?.holder_is_active(&unlocking.core)?)
    }

    /// Seconds until an unlocking ends by itself, if nobody touches the app; 0 once it is over.
    pub fn unlocked_for(&self, unlocking: Arc<Unlocking>) -> u64 {
        self.core_even_if_wiped().unlocked_for(&unlocking.core)
    }
}

/// An unlocking that waits for the holder's finger or face.
#[derive(uniffi::Object)]
pub struct PendingUnlocking {
    pending: Pending<szid_wallet::PendingUnlocking>,
}

#[uniffi::export]
impl PendingUnlocking {
    /// Which device key signs.
    pub fn key_handle(&self) -> String {
        self.pending.handle.clone()
    }

    /// What it signs with ECDSA over SHA-256; the key store hashes it.
    pub fn message(&self) -> Vec<u8> {
        self.pending.message.clone()
    }

    /// Ends it where the key store did not sign; what comes back is what the holder does. Where the key is
    /// lost, finger or face are no longer set up: `enable_biometric` makes a new key, once the holder has
    /// unlocked in another way.
    pub fn fail(&self, fault: KeyPortError) -> Advice {
        let fault = KeyError::from(fault);
        Advice::of_unlocking(&match self.pending.take() {
            Some(pending) => self.pending.core.fail_biometric(pending, fault),
            None => CoreError::Key(fault).into(),
        })
    }

    /// Unlocks: tier 3. Once, within 60 seconds, with the signature in either form that `DeviceKeys.sign` may
    /// answer with.
    pub fn finish(&self, signature: Vec<u8>) -> Result<Arc<Unlocking>, UnlockError> {
        let (pending, signature) = self.pending.take_with(&signature)?;
        Ok(Unlocking::of(self.pending.core.finish_biometric(pending, &signature)?))
    }
}
