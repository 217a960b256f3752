//! The trust list in force.

use std::sync::{Arc, Mutex, RwLock};

use szid_protocol::crypto::SignatureBackend;
use szid_protocol::key::PublicKey;
use szid_protocol::reason::Reason;
use szid_protocol::trust::VerifiedTrustList;

use super::kept::KeptDocument;
use super::{CacheStore, Ingested, lock, read, replace};
use crate::error::VerifierError;

const NAME: &str = "trust";

/// Holds the newest trust list. A lower version is refused for ever, as is another document of the same
/// version.
pub struct TrustCache {
    roots: Vec<PublicKey>,
    backend: Arc<dyn SignatureBackend>,
    store: Option<Arc<dyn CacheStore>>,
    held: RwLock<Option<Arc<VerifiedTrustList>>>,
    newest: Mutex<Option<KeptDocument>>,
}

impl TrustCache {
    /// Opens the cache for these root keys. What the store kept is verified again; a kept list that no root
    /// signed is not held, but its version still counts.
    ///
    /// # Errors
    /// [`VerifierError::Read`] or [`VerifierError::CacheDamaged`].
    pub fn open(
        roots: Vec<PublicKey>,
        backend: Arc<dyn SignatureBackend>,
        store: Option<Arc<dyn CacheStore>>,
    ) -> Result<Self, VerifierError> {
        let kept = match &store {
            Some(store) => KeptDocument::load(NAME, store.as_ref())?,
            None => None,
        };
        let held = kept.as_ref().and_then(|record| {
            VerifiedTrustList::verify(&record.document, &roots, backend.as_ref()).ok()
        });
        let held = RwLock::new(held.map(Arc::new));
        Ok(Self { roots, backend, store, held, newest: Mutex::new(kept) })
    }

    /// Accepts a signed list that is not older than the one held.
    ///
    /// # Errors
    /// [`VerifierError::Document`] with `TRUST_MALFORMED`, `TRUST_SIGNATURE` or `TRUST_ROLLBACK`;
    /// [`VerifierError::Write`]: the list counts from now on, but could not be kept.
    pub fn ingest(&self, bytes: &[u8]) -> Result<Ingested, VerifierError> {
        let list = VerifiedTrustList::verify(bytes, &self.roots, self.backend.as_ref())?;
        let mut newest = lock(&self.newest);
        if let Some(known) = newest.as_ref() {
            let same = known.mark == list.version() && known.document == bytes;
            if same && self.current().is_some() {
                return Ok(Ingested::Unchanged);
            }
            if list.version() <= known.mark && !same {
                return Err(Reason::TrustRollback.into());
            }
        }
        let record = KeptDocument::new(list.version(), bytes);
        // In force even if it cannot be kept: a newer list may withdraw a key.
        replace(&self.held, Some(Arc::new(list)));
        let saved = match &self.store {
            Some(store) => record.save(NAME, store.as_ref()),
            None => Ok(()),
        };
        *newest = Some(record);
        saved.map(|()| Ingested::Replaced)
    }

    /// The list in force.
    pub fn current(&self) -> Option<Arc<VerifiedTrustList>> {
        read(&self.held)
    }

    /// Seconds since the list was made.
    pub fn age(&self, now: u64) -> Option<u64> {
        self.current().map(|list| now.saturating_sub(list.issued_at()))
    }

    /// The list as it was signed, to pass it on.
    pub fn document(&self) -> Option<Vec<u8>> {
        let newest = lock(&self.newest);
        newest.as_ref().filter(|_| self.current().is_some()).map(|record| record.document.clone())
    }
}
