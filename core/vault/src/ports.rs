//! What the vault asks of the platform: a key that wraps the master key, and randomness.

use thiserror::Error;
use zeroize::Zeroizing;

/// The platform's key (secure element, key store, passphrase) that wraps the vault's master key.
///
/// Calls are synchronous and are never made while the vault holds one of its locks.
pub trait SealingKey: Send + Sync {
    /// Encrypts the vault's key material. The result is stored beside the vault; at most 4096 bytes.
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, SealingError>;
    /// Decrypts what [`SealingKey::wrap`] returned, and refuses anything else.
    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingError>;
    /// Destroys the key for good, so that nothing it wrapped can be read again. Succeeds if it is already
    /// gone.
    fn destroy(&self) -> Result<(), SealingError>;
}

/// Why the sealing key did not do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SealingError {
    /// The key exists but cannot be used now (device locked, user away, service busy).
    #[error("the sealing key cannot be used now")]
    Unavailable,
    /// The key no longer exists, or the platform has invalidated it.
    #[error("the sealing key no longer exists")]
    Lost,
    /// The wrapped bytes were not made by this key.
    #[error("the wrapped bytes were not made by this sealing key")]
    Rejected,
}

/// A source of cryptographic randomness.
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer with unpredictable bytes.
    fn fill(&self, buf: &mut [u8]) -> Result<(), EntropyError>;
}

/// The source of randomness did not deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no randomness available")]
pub struct EntropyError;
