//! The scene policies in force.

use std::sync::{Arc, Mutex, RwLock};

use szid_protocol::reason::Reason;
use szid_protocol::scene::VerifiedScenePolicies;
use szid_protocol::trust::VerifiedTrustList;

use super::kept::KeptDocument;
use super::signed_time::{SignedTime, is_ahead};
use super::{CacheStore, Ingested, lock, read, replace};
use crate::error::VerifierError;

const NAME: &str = "scenes";

/// Holds the newest scene policies. A lower version is refused, as is another document of the same version,
/// for as long as this one does not turn out to lie ahead of all clocks.
pub struct SceneCache {
    store: Option<Arc<dyn CacheStore>>,
    held: RwLock<Result<Arc<VerifiedScenePolicies>, Reason>>,
    newest: Mutex<Option<KeptDocument>>,
}

impl SceneCache {
    /// Opens the cache; call [`SceneCache::reverify`] to hold again what the store kept.
    ///
    /// # Errors
    /// [`VerifierError::Read`] or [`VerifierError::CacheDamaged`].
    pub fn open(store: Option<Arc<dyn CacheStore>>) -> Result<Self, VerifierError> {
        let kept = match &store {
            Some(store) => KeptDocument::load(NAME, store.as_ref())?,
            None => None,
        };
        Ok(Self { store, held: RwLock::new(Err(Reason::SceneUnknown)), newest: Mutex::new(kept) })
    }

    /// Accepts signed policies that are not older than the ones held.
    ///
    /// # Errors
    /// [`VerifierError::Document`] with `SCENES_MALFORMED`, `SCENES_SIGNATURE`, `SCENES_EXPIRED` or
    /// `SCENES_ROLLBACK`; [`VerifierError::Ahead`] for policies from later than now, as far as `time` knows;
    /// [`VerifierError::Write`]: the policies count from now on, but could not be kept.
    pub fn ingest(
        &self,
        bytes: &[u8],
        trust: &VerifiedTrustList,
        time: &SignedTime,
        now: u64,
    ) -> Result<Ingested, VerifierError> {
        let policies = VerifiedScenePolicies::verify(bytes, trust, now)?;
        time.check_issued(policies.issued_at(), now)?;
        let mut newest = lock(&self.newest);
        if let Some(known) = newest.as_ref() {
            let same = known.mark == policies.version() && known.document == bytes;
            if same && read(&self.held).is_ok() {
                return Ok(Ingested::Unchanged);
            }
            if policies.version() <= known.mark && !same {
                return Err(Reason::ScenesRollback.into());
            }
        }
        let record = KeptDocument::new(policies.version(), bytes);
        replace(&self.held, Ok(Arc::new(policies)));
        let saved = match &self.store {
            Some(store) => record.save(NAME, store.as_ref()),
            None => Ok(()),
        };
        *newest = Some(record);
        saved.map(|()| Ingested::Replaced)
    }

    /// Verifies the newest document again, under another trust list or after a start. One that fails is not
    /// used, and its version still counts.
    pub fn reverify(&self, trust: &VerifiedTrustList, now: u64) {
        let newest = lock(&self.newest);
        if let Some(known) = newest.as_ref() {
            let held = VerifiedScenePolicies::verify(&known.document, trust, now);
            replace(&self.held, held.map(Arc::new));
        }
    }

    /// Whether the policies lie ahead of the clock.
    pub(crate) fn is_ahead(&self, now: u64) -> bool {
        read(&self.held).is_ok_and(|policies| is_ahead(policies.issued_at(), now))
    }

    /// Forgets policies that lie ahead of the clock, and their version with them.
    pub(crate) fn give_up_ahead(&self, now: u64) -> Result<(), VerifierError> {
        let mut newest = lock(&self.newest);
        if !self.is_ahead(now) {
            return Ok(());
        }
        *newest = None;
        replace(&self.held, Err(Reason::SceneUnknown));
        self.store.as_ref().map_or(Ok(()), |store| store.remove(NAME))
    }

    /// The policies in force.
    ///
    /// # Errors
    /// `SCENE_UNKNOWN` when there never were any, `SCENES_EXPIRED`, or why they are not used any more.
    pub fn current(&self, now: u64) -> Result<Arc<VerifiedScenePolicies>, Reason> {
        let policies = read(&self.held)?;
        if policies.expires_at() <= now { Err(Reason::ScenesExpired) } else { Ok(policies) }
    }

    /// The policies' version and the seconds since they were made.
    pub fn version_and_age(&self, now: u64) -> Option<(u64, u64)> {
        let policies = read(&self.held).ok()?;
        Some((policies.version(), now.saturating_sub(policies.issued_at())))
    }
}
