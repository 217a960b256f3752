//! Device keys in software.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use szid_protocol::crypto::{Signature, Signer, SoftwareSigner};
use szid_protocol::key::PublicKey;
use szid_vault::Entropy;
use zeroize::Zeroizing;

use super::private_file;
use crate::ports::{DeviceKeys, KeyError, KeyPolicy};

/// Device keys in memory, and in a folder if one is given: one file for each key, in the clear.
pub struct SoftwareDeviceKeys {
    loaded: Mutex<HashMap<String, Arc<SoftwareSigner>>>,
    folder: Option<PathBuf>,
    entropy: Arc<dyn Entropy>,
}

impl SoftwareDeviceKeys {
    /// An empty key store that ends with the process.
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { loaded: Mutex::default(), folder: None, entropy }
    }

    /// The key store in a folder, which is made if it is missing. Only its owner may read it.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] where the folder cannot be made.
    pub fn open(folder: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, KeyError> {
        private_file::make_private_folder(folder).map_err(|_| KeyError::Unavailable)?;
        Ok(Self { loaded: Mutex::default(), folder: Some(folder.to_owned()), entropy })
    }

    /// The file of a key. Handles become hexadecimal, so that none of them leaves the folder.
    fn file(&self, handle: &str) -> Option<PathBuf> {
        let name = data_encoding::HEXLOWER.encode(handle.as_bytes());
        self.folder.as_ref().map(|folder| folder.join(format!("{name}.key")))
    }

    fn find(&self, handle: &str) -> Result<Arc<SoftwareSigner>, KeyError> {
        if let Some(signer) = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).get(handle)
        {
            return Ok(Arc::clone(signer));
        }
        let file = self.file(handle).ok_or(KeyError::Lost)?;
        let scalar =
            private_file::read(&file).map_err(|_| KeyError::Unavailable)?.ok_or(KeyError::Lost)?;
        let scalar: &[u8; 32] = scalar.as_slice().try_into().map_err(|_| KeyError::Lost)?;
        self.keep(handle, scalar)
    }

    fn keep(&self, handle: &str, scalar: &[u8; 32]) -> Result<Arc<SoftwareSigner>, KeyError> {
        let signer = SoftwareSigner::from_scalar(scalar).map_err(|_| KeyError::Lost)?;
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(loaded.entry(handle.to_owned()).or_insert_with(|| Arc::new(signer))))
    }
}

impl DeviceKeys for SoftwareDeviceKeys {
    // There is no holder to ask here, so the policy makes no difference.
    fn create(&self, handle: &str, _policy: KeyPolicy) -> Result<PublicKey, KeyError> {
        match self.find(handle) {
            Ok(signer) => return Ok(signer.public_key()),
            Err(KeyError::Lost) => {}
            Err(error) => return Err(error),
        }
        let mut scalar = Zeroizing::new([0; 32]);
        // One draw in 2^32 lies outside the group; three in a row mean that the source is broken.
        for _ in 0..3 {
            self.entropy.fill(scalar.as_mut()).map_err(|_| KeyError::Unavailable)?;
            if SoftwareSigner::from_scalar(&scalar).is_err() {
                continue;
            }
            if let Some(file) = self.file(handle) {
                private_file::write_private(&file, scalar.as_slice())
                    .map_err(|_| KeyError::Unavailable)?;
            }
            return Ok(self.keep(handle, &scalar)?.public_key());
        }
        Err(KeyError::Unavailable)
    }

    fn public_key(&self, handle: &str) -> Result<PublicKey, KeyError> {
        Ok(self.find(handle)?.public_key())
    }

    fn sign(&self, handle: &str, message: &[u8]) -> Result<Signature, KeyError> {
        self.find(handle)?.sign(message).map_err(|_| KeyError::Unavailable)
    }

    fn delete(&self, handle: &str) -> Result<(), KeyError> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).remove(handle);
        match self.file(handle) {
            Some(file) => private_file::destroy(&file).map_err(|_| KeyError::Unavailable),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract;
    use crate::software::SystemEntropy;

    #[test]
    fn both_kinds_keep_the_contract() {
        contract::device_keys(&SoftwareDeviceKeys::new(Arc::new(SystemEntropy)));
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            SoftwareDeviceKeys::open(&folder.path().join("keys"), Arc::new(SystemEntropy)).unwrap()
        };
        contract::device_keys(&open());
        contract::persistent_device_keys(&open(), &open());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_files() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let keys = SoftwareDeviceKeys::open(&path, Arc::new(SystemEntropy)).unwrap();
        keys.create("../outside", KeyPolicy::DeviceUnlocked).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        let files: Vec<_> = std::fs::read_dir(&path).unwrap().map(|file| file.unwrap()).collect();
        assert_eq!(files.len(), 1);
        assert_eq!(mode(&files[0].path()), 0o600);
    }
}
