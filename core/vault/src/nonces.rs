//! Nonces drawn ahead of time, so that the entropy port is never called while a lock is held.

use crate::error::VaultError;
use crate::ports::Entropy;

/// Length of an AES-GCM nonce.
pub(crate) const NONCE_LEN: usize = 12;

/// A supply of nonces; each is handed out once.
pub(crate) struct Nonces(Vec<[u8; NONCE_LEN]>);

impl Nonces {
    /// Draws fresh random nonces.
    pub(crate) fn draw(entropy: &dyn Entropy, count: usize) -> Result<Nonces, VaultError> {
        let mut bytes = vec![0u8; count * NONCE_LEN];
        entropy.fill(&mut bytes)?;
        Ok(Nonces(bytes.as_chunks::<NONCE_LEN>().0.to_vec()))
    }

    /// The next unused nonce. The caller drew enough; running out is refused, never answered with a used one.
    pub(crate) fn take(&mut self) -> Result<[u8; NONCE_LEN], VaultError> {
        self.0.pop().ok_or(VaultError::PortUnavailable("source of randomness"))
    }
}
