//! The trust list: made offline, handed out here, replaced without a restart and never by an older one.

use std::path::Path;
use std::sync::Arc;

use szid_protocol::key::PublicKey;
use szid_protocol::reason::Reason;
use szid_protocol::trust::VerifiedTrustList;
use szid_verifier::{AwsLcBackend, FolderStore, TrustCache, VerifierError};

use super::Published;
use crate::keys::ServiceKeys;
use crate::service::StartError;

pub(crate) struct TrustPublication(TrustCache);

impl TrustPublication {
    /// Opens what an earlier start has kept in `folder`.
    pub(crate) fn open(roots: Vec<PublicKey>, folder: &Path) -> Result<Self, VerifierError> {
        let store = Arc::new(FolderStore::open(folder)?);
        TrustCache::open(roots, Arc::new(AwsLcBackend), Some(store)).map(Self)
    }

    /// Puts a list in force, if it is not older than the one before and names this service's keys.
    pub(crate) fn replace(
        &self,
        bytes: &[u8],
        roots: &[PublicKey],
        keys: &ServiceKeys,
        now: u64,
    ) -> Result<(), StartError> {
        let list = VerifiedTrustList::verify(bytes, roots, &AwsLcBackend)
            .map_err(|reason| StartError::Trust(reason.to_string()))?;
        for (purpose, signer) in keys.by_purpose() {
            if !list.lists(&signer.public_key(), purpose, now) {
                return Err(StartError::Trust(format!(
                    "this service's {purpose:?} key is not listed or not valid now"
                )));
            }
        }
        match self.0.ingest(bytes) {
            Ok(_) => Ok(()),
            Err(error) => Err(StartError::Trust(error.to_string())),
        }
    }

    /// The list in force.
    pub(crate) fn current(&self) -> Result<Arc<VerifiedTrustList>, Reason> {
        self.0.current().ok_or(Reason::TrustMissing)
    }

    /// The list as it was signed.
    pub(crate) fn document(&self) -> Option<Published> {
        let made_at = self.0.current()?.issued_at();
        Some(Published { bytes: self.0.document()?.into(), made_at })
    }
}
