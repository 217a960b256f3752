//! A sealing key in a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aes_gcm::aead::Aead;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use szid_vault::{Entropy, SealingError, SealingKey};
use zeroize::Zeroizing;

use super::private_file;

const NONCE: usize = 12;

/// An AES-256-GCM key in a file of its own, in the clear: it protects the vault only where the vault is
/// copied without it.
pub struct SoftwareSealingKey {
    file: PathBuf,
    entropy: Arc<dyn Entropy>,
}

impl SoftwareSealingKey {
    /// The key in `file`, made there if it is missing.
    ///
    /// # Errors
    /// [`SealingError::Unavailable`] where the file cannot be made; [`SealingError::Lost`] where it holds
    /// something else.
    pub fn open(file: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, SealingError> {
        let key = Self { file: file.to_owned(), entropy };
        if private_file::read(file).map_err(|_| SealingError::Unavailable)?.is_none() {
            let mut fresh = Zeroizing::new([0; 32]);
            key.entropy.fill(fresh.as_mut()).map_err(|_| SealingError::Unavailable)?;
            private_file::write_private(file, fresh.as_slice())
                .map_err(|_| SealingError::Unavailable)?;
        }
        key.cipher()?;
        Ok(key)
    }

    fn cipher(&self) -> Result<Aes256Gcm, SealingError> {
        let key = private_file::read(&self.file)
            .map_err(|_| SealingError::Unavailable)?
            .ok_or(SealingError::Lost)?;
        Aes256Gcm::new_from_slice(&key).map_err(|_| SealingError::Lost)
    }
}

impl SealingKey for SoftwareSealingKey {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, SealingError> {
        let mut nonce = [0; NONCE];
        self.entropy.fill(&mut nonce).map_err(|_| SealingError::Unavailable)?;
        let sealed = self.cipher()?.encrypt(&Nonce::from(nonce), plain);
        let sealed = sealed.map_err(|_| SealingError::Unavailable)?;
        Ok([&nonce[..], &sealed].concat())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE>().ok_or(SealingError::Rejected)?;
        let plain = self.cipher()?.decrypt(&Nonce::from(*nonce), sealed);
        plain.map(Zeroizing::new).map_err(|_| SealingError::Rejected)
    }

    fn destroy(&self) -> Result<(), SealingError> {
        private_file::destroy(&self.file).map_err(|_| SealingError::Unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::software::SystemEntropy;

    #[test]
    fn it_keeps_the_contract_over_restarts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sealing.key");
        let open = |file: &Path| SoftwareSealingKey::open(file, Arc::new(SystemEntropy)).unwrap();
        let wrapped = open(&file).wrap(b"master key").unwrap();
        assert_eq!(open(&file).unwrap(&wrapped).unwrap().as_slice(), b"master key");
        let other = open(&folder.path().join("other.key"));
        assert_eq!(other.unwrap(&wrapped).err(), Some(SealingError::Rejected));
        crate::contract::sealing_key(&open(&file));
        assert!(!file.exists());
    }
}
