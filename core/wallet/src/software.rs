//! Software stand-ins for a phone's secure hardware, for tests and the command line. A copied file copies these keys:
//! passes over them say key protection 1.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use szid_protocol::crypto::{Signature, Signer, SoftwareSigner};
use szid_protocol::key::PublicKey;
use szid_vault::{Entropy, EntropyError, SealingError, SealingKey};
use zeroize::Zeroizing;

use crate::ports::{DeviceKeys, KeyError};

/// Device keys in this process's memory.
pub struct SoftwareDeviceKeys {
    keys: Mutex<HashMap<String, Arc<SoftwareSigner>>>,
    entropy: Arc<dyn Entropy>,
}

impl SoftwareDeviceKeys {
    /// An empty key store.
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { keys: Mutex::default(), entropy }
    }

    fn find(&self, handle: &str) -> Option<Arc<SoftwareSigner>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(handle).cloned()
    }
}

impl DeviceKeys for SoftwareDeviceKeys {
    fn create(&self, handle: &str) -> Result<PublicKey, KeyError> {
        if let Some(key) = self.find(handle) {
            return Ok(key.public_key());
        }
        let mut scalar = Zeroizing::new([0; 32]);
        // One draw in 2^32 lies outside the group; three in a row mean that the source is broken.
        for _ in 0..3 {
            self.entropy.fill(scalar.as_mut()).map_err(|_| KeyError::Unavailable)?;
            if let Ok(signer) = SoftwareSigner::from_scalar(&scalar) {
                let key = signer.public_key();
                let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
                keys.insert(handle.to_owned(), Arc::new(signer));
                return Ok(key);
            }
        }
        Err(KeyError::Unavailable)
    }

    fn sign(&self, handle: &str, message: &[u8]) -> Result<Signature, KeyError> {
        self.find(handle).ok_or(KeyError::Missing)?.sign(message).map_err(|_| KeyError::Unavailable)
    }

    fn delete(&self, handle: &str) -> Result<(), KeyError> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(handle);
        Ok(())
    }
}

/// A sealing key that seals nothing: what it wraps lies in the clear. For throw-away data only.
#[derive(Default)]
pub struct MockSealingKey {
    destroyed: std::sync::atomic::AtomicBool,
}

impl SealingKey for MockSealingKey {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, SealingError> {
        self.check()?;
        Ok(plain.to_vec())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        self.check()?;
        Ok(Zeroizing::new(wrapped.to_vec()))
    }

    fn destroy(&self) -> Result<(), SealingError> {
        self.destroyed.store(true, std::sync::atomic::Ordering::SeqCst);
        Ok(())
    }
}

impl MockSealingKey {
    fn check(&self) -> Result<(), SealingError> {
        if self.destroyed.load(std::sync::atomic::Ordering::SeqCst) {
            Err(SealingError::Lost)
        } else {
            Ok(())
        }
    }
}

/// The operating system's random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the port")]
    fn fill(&self, buf: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(buf).map_err(|_| EntropyError)
    }
}
