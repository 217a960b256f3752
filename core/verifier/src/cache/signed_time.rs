//! The newest time that anyone trusted has signed: a clock that reads less is behind.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::record::Record;
use super::{CacheStore, lock};
use crate::error::VerifierError;

const NAME: &str = "signed-time";

/// The newest time of issue over all documents ever accepted; it never goes back, across starts either.
pub struct SignedTime {
    newest: AtomicU64,
    store: Option<Arc<dyn CacheStore>>,
    saving: Mutex<()>,
}

impl SignedTime {
    /// Opens it, with what the store kept.
    ///
    /// # Errors
    /// [`VerifierError::Read`] or [`VerifierError::CacheDamaged`].
    pub fn open(store: Option<Arc<dyn CacheStore>>) -> Result<Self, VerifierError> {
        let kept = match &store {
            Some(store) => Record::load(NAME, store.as_ref())?,
            None => None,
        };
        let newest = AtomicU64::new(kept.map_or(0, |record| record.mark));
        Ok(Self { newest, store, saving: Mutex::new(()) })
    }

    /// The newest signed time, Unix seconds, 0 for none.
    pub fn newest(&self) -> u64 {
        self.newest.load(Ordering::Acquire)
    }

    /// Notes a signed time, from a verified document or a verified time answer.
    ///
    /// # Errors
    /// [`VerifierError::Write`]: it counts, but a restart would forget it.
    pub fn note(&self, signed: u64) -> Result<(), VerifierError> {
        if self.newest.fetch_max(signed, Ordering::AcqRel) >= signed {
            return Ok(());
        }
        let Some(store) = &self.store else { return Ok(()) };
        // In turn, so that a slower writer cannot keep an older time over a newer one.
        let _turn = lock(&self.saving);
        let record = Record { mark: self.newest(), label: String::new(), document: Vec::new() };
        record.save(NAME, store.as_ref())
    }
}
