//! What the wallet asks of the device. Synchronous, with typed errors, never called under a lock.

use szid_protocol::crypto::Signature;
use szid_protocol::key::PublicKey;

/// The device's key store. Keys are named by handles that the wallet chooses.
pub trait DeviceKeys: Send + Sync {
    /// Makes a key under a handle, or returns the public half of the one that is there.
    ///
    /// # Errors
    /// [`KeyError`].
    fn create(&self, handle: &str) -> Result<PublicKey, KeyError>;

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
    /// There is no such key.
    #[error("the device key is not there")]
    Missing,
    /// The key cannot be used now: the device is locked, or the holder did not unlock it.
    #[error("the device key cannot be used now")]
    Unavailable,
}

/// One reading of both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The wall clock, Unix seconds; the holder may have set it wrongly.
    pub wall: u64,
    /// Seconds on a clock that nobody can set, counted from some start.
    pub monotonic: u64,
    /// Names that start: readings of different boots cannot be compared.
    pub boot: u64,
}

/// The device's clocks.
pub trait Clock: Send + Sync {
    /// Reads both at once.
    fn read(&self) -> Reading;
}
