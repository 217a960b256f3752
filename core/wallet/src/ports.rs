//! What the wallet asks of the device. Synchronous, with typed errors, never called while a lock is held.

use std::time::Duration;

use szid_protocol::crypto::Signature;
use szid_protocol::key::PublicKey;

/// When a device key may sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPolicy {
    /// Whenever the device is unlocked.
    #[default]
    DeviceUnlocked,
    /// Only with the holder's finger or face for each signature, never with the screen lock's number in their
    /// place, and destroyed by the phone when another finger or face is added. Such a key signs what
    /// [`Wallet::begin_biometric`](crate::Wallet::begin_biometric) and
    /// [`Wallet::begin_presentation`](crate::Wallet::begin_presentation) ask for.
    HolderPresent,
}

/// The device's key store: P-256 keys that never leave it.
///
/// The wallet chooses the handles, so that it can write one down before its key is made: whatever happens in
/// between, no key is left behind that nobody knows of.
pub trait DeviceKeys: Send + Sync {
    /// Makes a key under a handle, or returns the public half of the one that is there.
    ///
    /// # Errors
    /// [`KeyError`].
    fn create(&self, handle: &str, policy: KeyPolicy) -> Result<PublicKey, KeyError>;

    /// The public half of a key.
    ///
    /// # Errors
    /// [`KeyError::Lost`] where there is no such key.
    fn public_key(&self, handle: &str) -> Result<PublicKey, KeyError>;

    /// Signs with ES256; the message is hashed inside.
    ///
    /// # Errors
    /// [`KeyError`].
    fn sign(&self, handle: &str, message: &[u8]) -> Result<Signature, KeyError>;

    /// Destroys a key. One that is not there is fine.
    ///
    /// # Errors
    /// [`KeyError`].
    fn delete(&self, handle: &str) -> Result<(), KeyError>;
}

/// Why a device key did not do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no such key, or the phone has invalidated it for good, as when another finger was added: it
    /// signs no more, whether or not its public half is still there. The wallet lets go of its pass.
    #[error("the device key is gone")]
    Lost,
    /// The key cannot be used now: the device is locked, or the key store is busy.
    #[error("the device key cannot be used now")]
    Unavailable,
    /// The holder said no, or the finger was not recognised.
    #[error("the holder did not allow the device key to be used")]
    NotAllowed,
    /// The signature was not made by the key that the pass names.
    #[error("the signature is not the device key's")]
    WrongSignature,
    /// The signature came so late that venues would refuse the code.
    #[error("the signature came too late")]
    TooLate,
}

/// Has a wallet backend say where keys lie, in a word that the issuer believes (OpenID4VCI 1.0, appendix D).
/// The backend judges the platform's own evidence; which backends are believed, and how far, is the issuer's
/// to say.
pub trait KeyAttester: Send + Sync {
    /// An attestation (`key-attestation+jwt`) for these keys, named by their handles, in this order, with the
    /// issuer's nonce in it; `None` where this device has nothing to show, then passes say key protection 1.
    /// May take as long as a request: a later answer is not taken.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] where the backend cannot be reached now: no passes come, and the next
    /// refresh tries again.
    fn attest(&self, keys: &[(String, PublicKey)], nonce: &str)
    -> Result<Option<String>, KeyError>;
}

/// Has the phone ask for its own screen lock.
pub trait HolderPrompt: Send + Sync {
    /// Asks now, even where the phone was unlocked a moment ago, and returns when the holder has answered;
    /// within two minutes, since a later answer is not taken.
    ///
    /// # Errors
    /// [`PromptError`].
    fn confirm_screen_lock(&self) -> Result<(), PromptError>;
}

/// Why the screen lock was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// The phone has no screen lock.
    #[error("the phone has no screen lock")]
    NotSetUp,
    /// The holder said no, or did not know it.
    #[error("the holder did not open the screen lock")]
    NotAllowed,
    /// The phone cannot ask now.
    #[error("the phone cannot ask for its screen lock now")]
    Unavailable,
}

/// One reading of both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The wall clock, Unix seconds; the holder may have set it wrongly.
    pub wall: u64,
    /// Seconds on a clock that nobody can set and that goes on while the device sleeps, counted from some
    /// start.
    pub monotonic: u64,
    /// Names that start, which lies after every reading of another name: of two such readings only so much is
    /// known, that `monotonic` seconds have gone by since the earlier one.
    pub boot: u64,
}

/// The device's clocks.
pub trait Clock: Send + Sync {
    /// Reads both at once.
    fn read(&self) -> Reading;

    /// A clock for short times, to measure how fast this phone is; `None` where there is none, then the PIN
    /// gets the least protection that is allowed.
    fn stopwatch(&self) -> Option<Duration> {
        None
    }
}
