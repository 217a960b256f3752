//! A sealing key that seals nothing.

use std::sync::atomic::{AtomicBool, Ordering};

use szid_vault::{SealingError, SealingKey};
use zeroize::Zeroizing;

/// A mock: what it wraps lies in the clear. For throw-away data only.
#[derive(Default)]
pub struct MockSealingKey {
    destroyed: AtomicBool,
}

impl MockSealingKey {
    fn check(&self) -> Result<(), SealingError> {
        if self.destroyed.load(Ordering::SeqCst) { Err(SealingError::Lost) } else { Ok(()) }
    }
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
        self.destroyed.store(true, Ordering::SeqCst);
        Ok(())
    }
}
