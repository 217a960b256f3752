//! Everything a venue needs, put together: from what the scanner sent to a verdict.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use szid_protocol::code::Challenge;
use szid_protocol::crypto::SignatureBackend;
use szid_protocol::key::PublicKey;
use szid_protocol::reason::Reason;
use szid_protocol::scene::ScenePolicy;
use szid_protocol::time::{NONCE_BYTES, verify_time};
use szid_protocol::trust::VerifiedTrustList;
use szid_protocol::verdict::Verdict;
use szid_protocol::verify::{Evidence, Question, ReplayMemory, StatusSource, verify};

use crate::cache::{CacheStore, Heard, Ingested, SceneCache, SignedTime, StatusCache, TrustCache};
use crate::error::VerifierError;
use crate::pass_cache::BoundedPassCache;
use crate::scanner::Scanner;

/// What a [`Verifier`] is made of.
pub struct VerifierSetup {
    /// The city's root keys: all trust begins here.
    pub roots: Vec<PublicKey>,
    /// The signature arithmetic.
    pub backend: Arc<dyn SignatureBackend>,
    /// The memory of used codes.
    pub replay: Arc<dyn ReplayMemory>,
    /// Where signed documents are kept between starts; `None` to hold them in memory only.
    pub store: Option<Arc<dyn CacheStore>>,
    /// How the scanner is set up.
    pub scanner: Scanner,
    /// The most verified passes to remember.
    pub passes: usize,
    /// The most status lists to hold.
    pub status_lists: usize,
}

/// The most status lists, of all days together, that a [`Verifier`] with the usual set-up holds: three days
/// of a city with 17 lists a day.
pub const STATUS_LISTS_HELD: u32 = 64;

impl VerifierSetup {
    /// A set-up with the usual bounds: 100 000 passes, [`STATUS_LISTS_HELD`] status lists.
    pub fn new(
        roots: Vec<PublicKey>,
        backend: Arc<dyn SignatureBackend>,
        replay: Arc<dyn ReplayMemory>,
    ) -> Self {
        let (scanner, status_lists) = (Scanner::default(), STATUS_LISTS_HELD as usize);
        Self { roots, backend, replay, store: None, scanner, passes: 100_000, status_lists }
    }
}

/// How old what a [`Verifier`] holds is. Ages are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CacheFreshness {
    /// The trust list's version.
    pub trust_version: Option<u64>,
    /// Its age.
    pub trust_age: Option<u64>,
    /// When it expires, Unix seconds.
    pub trust_expires_at: Option<u64>,
    /// The scene policies' version.
    pub scenes_version: Option<u64>,
    /// Their age.
    pub scenes_age: Option<u64>,
    /// How many status lists are in use.
    pub status_lists: usize,
    /// The age of the oldest of them.
    pub status_age: Option<u64>,
    /// The newest signed time ever seen, Unix seconds: a clock that reads less is behind.
    pub newest_signed_time: u64,
}

/// Verifies codes. Share one between threads: nothing on the way of a verification waits for a writer for
/// long.
pub struct Verifier {
    backend: Arc<dyn SignatureBackend>,
    replay: Arc<dyn ReplayMemory>,
    scanner: Scanner,
    any_scene: ScenePolicy,
    trust: TrustCache,
    scenes: SceneCache,
    status: StatusCache,
    signed_time: SignedTime,
    passes: BoundedPassCache,
    /// Documents come in one at a time: none may slip in under a trust list that is just being replaced.
    ingesting: Mutex<()>,
}

impl Verifier {
    /// Opens a verifier with what its store kept, verified again.
    ///
    /// # Errors
    /// [`VerifierError::Read`] or [`VerifierError::CacheDamaged`].
    pub fn open(setup: VerifierSetup, now: u64) -> Result<Self, VerifierError> {
        let VerifierSetup { roots, backend, replay, store, scanner, passes, status_lists } = setup;
        let verifier = Self {
            trust: TrustCache::open(roots, Arc::clone(&backend), store.clone())?,
            scenes: SceneCache::open(store.clone())?,
            status: StatusCache::open(status_lists, store.clone())?,
            signed_time: SignedTime::open(store)?,
            passes: BoundedPassCache::new(passes),
            any_scene: ScenePolicy::any(),
            ingesting: Mutex::new(()),
            backend,
            replay,
            scanner,
        };
        if let Some(trust) = verifier.trust.current() {
            verifier.reverify(&trust, now);
        }
        Ok(verifier)
    }

    /// Verifies one scan, from what the scanner sent to a verdict. `scene` `None` asks for no scene's rules.
    /// `online` is the register itself, where it can be asked; without it the held status lists answer,
    /// within the ages the scene allows.
    pub fn verify(
        &self,
        scanned: &str,
        now: u64,
        scene: Option<u16>,
        operator: &str,
        challenge: Option<&Challenge>,
        online: Option<&dyn StatusSource>,
    ) -> Verdict {
        let refused = |reason| Verdict::refuse(reason, scene.unwrap_or(0));
        let code = match self.scanner.read(scanned) {
            Ok(code) => code,
            Err(reason) => return refused(reason),
        };
        let Some(trust) = self.trust.current() else { return refused(Reason::TrustMissing) };
        let policies;
        let scene = match scene {
            None => &self.any_scene,
            Some(id) => match self.scenes.current(now) {
                Ok(current) => {
                    policies = current;
                    match policies.scene(id) {
                        Ok(policy) => policy,
                        Err(reason) => return refused(reason),
                    }
                }
                Err(reason) => return refused(reason),
            },
        };
        let question = Question {
            code: &code,
            now,
            newest_signed_time: self.signed_time.newest(),
            scene,
            challenge,
            online: online.is_some(),
            operator,
        };
        let evidence = Evidence {
            backend: self.backend.as_ref(),
            trust: &trust,
            status: online.unwrap_or(&self.status),
            replay: self.replay.as_ref(),
            passes: &self.passes,
        };
        verify(&question, &evidence)
    }

    /// Accepts a trust list. Scene policies and status lists are verified again under it: a withdrawn key
    /// takes what it signed with it.
    ///
    /// # Errors
    /// As [`TrustCache::ingest`].
    pub fn ingest_trust(&self, bytes: &[u8], now: u64) -> Result<Ingested, VerifierError> {
        let _turn = self.ingesting.lock().unwrap_or_else(PoisonError::into_inner);
        let ingested = self.trust.ingest(bytes);
        let in_force = matches!(ingested, Ok(Ingested::Replaced) | Err(VerifierError::Write(_)));
        if in_force && let Some(trust) = self.trust.current() {
            self.reverify(&trust, now);
            // It is made elsewhere and withdraws keys, so that it counts whatever the clocks say; as a time
            // it counts as others.
            if self.signed_time.check_issued(trust.issued_at(), now).is_ok() {
                self.signed_time.note(trust.issued_at())?;
            }
        }
        ingested
    }

    /// Accepts scene policies.
    ///
    /// # Errors
    /// As [`SceneCache::ingest`]; `TRUST_MISSING` before there is a trust list.
    pub fn ingest_scenes(&self, bytes: &[u8], now: u64) -> Result<Ingested, VerifierError> {
        let _turn = self.ingesting.lock().unwrap_or_else(PoisonError::into_inner);
        let ingested = self.scenes.ingest(bytes, &*self.trust_list()?, &self.signed_time, now)?;
        self.signed_time.note(self.scenes.current(now)?.issued_at())?;
        Ok(ingested)
    }

    /// Accepts a status list; `expected` is the URI that was asked for, where one was.
    ///
    /// # Errors
    /// As [`StatusCache::ingest`]; `TRUST_MISSING` before there is a trust list.
    pub fn ingest_status(
        &self,
        bytes: &[u8],
        expected: Option<&str>,
        now: u64,
    ) -> Result<Ingested, VerifierError> {
        let _turn = self.ingesting.lock().unwrap_or_else(PoisonError::into_inner);
        let trust = self.trust_list()?;
        let (ingested, list) =
            self.status.ingest(bytes, expected, &trust, &self.signed_time, now)?;
        self.signed_time.note(list.issued_at())?;
        Ok(ingested)
    }

    /// True while signed times contradict this clock: then ask the service for the time, and let it be
    /// [heard](Self::hear_time).
    pub fn is_time_in_doubt(&self, now: u64) -> bool {
        self.signed_time.is_in_doubt(now) || self.holds_ahead(now)
    }

    /// Hears the service's answer to a question for the time, which no older answer can stand in for. Said
    /// for long enough, it decides between this clock and what is held: a clock that is behind is told so,
    /// and documents from a time that never was are given up.
    ///
    /// # Errors
    /// [`VerifierError::Document`] for an answer that is not the service's to this question; `TRUST_MISSING`
    /// before there is a trust list; [`VerifierError::Write`].
    pub fn hear_time(
        &self,
        answer: &[u8],
        nonce: &[u8; NONCE_BYTES],
        now: u64,
    ) -> Result<Heard, VerifierError> {
        let _turn = self.ingesting.lock().unwrap_or_else(PoisonError::into_inner);
        let signed = verify_time(answer, nonce, &*self.trust_list()?)?;
        let heard = self.signed_time.hear(signed, now, self.holds_ahead(now))?;
        if heard == Heard::GivenUp {
            self.scenes.give_up_ahead(now)?;
            self.status.give_up_ahead(now)?;
        }
        Ok(heard)
    }

    /// The time in the service's answer to a question for it, for whoever compares it with a clock and
    /// changes nothing by it.
    ///
    /// # Errors
    /// As [`hear_time`](Self::hear_time).
    pub fn read_time(
        &self,
        answer: &[u8],
        nonce: &[u8; NONCE_BYTES],
    ) -> Result<u64, VerifierError> {
        Ok(verify_time(answer, nonce, &*self.trust_list()?)?)
    }

    fn holds_ahead(&self, now: u64) -> bool {
        self.scenes.is_ahead(now) || self.status.is_ahead(now)
    }

    /// Drops the status lists of days that are over by this clock and by signed time, and says how many.
    ///
    /// # Errors
    /// [`VerifierError::Write`].
    pub fn prune(&self, now: u64) -> Result<usize, VerifierError> {
        self.status.prune(now.min(self.signed_time.newest()))
    }

    /// How old what is held is.
    pub fn freshness(&self, now: u64) -> CacheFreshness {
        let trust = self.trust.current();
        let scenes = self.scenes.version_and_age(now);
        let (status_lists, status_age) = self.status.count_and_age(now);
        CacheFreshness {
            trust_version: trust.as_ref().map(|list| list.version()),
            trust_age: self.trust.age(now),
            trust_expires_at: trust.as_ref().map(|list| list.expires_at()),
            scenes_version: scenes.map(|(version, _)| version),
            scenes_age: scenes.map(|(_, age)| age),
            status_lists,
            status_age,
            newest_signed_time: self.signed_time.newest(),
        }
    }

    /// The rules of a scene, as far as policies are held that are good now.
    pub fn scene(&self, scene: u16, now: u64) -> Option<ScenePolicy> {
        self.scenes.current(now).ok()?.scene(scene).ok().cloned()
    }

    /// Whether policies are held that are good now, and this scene is none of theirs.
    pub fn lacks_scene(&self, scene: u16, now: u64) -> bool {
        self.scenes.current(now).is_ok_and(|policies| policies.scene(scene).is_err())
    }

    /// The trust list in force.
    pub fn trust(&self) -> Option<Arc<VerifiedTrustList>> {
        self.trust.current()
    }

    /// How the scanner is set up.
    pub fn scanner(&self) -> &Scanner {
        &self.scanner
    }

    /// The newest signed time.
    pub fn signed_time(&self) -> &SignedTime {
        &self.signed_time
    }

    fn trust_list(&self) -> Result<Arc<VerifiedTrustList>, Reason> {
        self.trust.current().ok_or(Reason::TrustMissing)
    }

    fn reverify(&self, trust: &VerifiedTrustList, now: u64) {
        self.scenes.reverify(trust, now);
        self.status.reverify(trust, now);
    }
}
