//! The venue's side as an object of the caller's language: from what a scanner sent to a verdict, without
//! network.

use std::path::Path;
use std::sync::Arc;

use szid_protocol::code::Challenge;
use szid_protocol::crypto::SignatureBackend;
use szid_protocol::reason::Reason;
use szid_protocol::time::NONCE_BYTES;
use szid_protocol::verify::ReplayMemory;
use szid_verifier::scanner::Scanner;
use szid_verifier::{CacheStore, DurableReplay, FolderStore, InMemoryReplay, VerifierSetup};
use szid_wallet::Clock;
use szid_wallet::software::SystemClock;

use crate::code::VenueChallenge;
use crate::errors::VerifierError;
use crate::verdict::{ListsHeld, ScanVerdict, TimeHeard};
use crate::wallet::root_keys;

/// The most used codes to remember. Codes count for about two minutes: 200 a second for ten minutes.
const USED_CODES: usize = 120_000;

/// What a [`Verifier`] is opened with.
#[derive(Clone, Debug, uniffi::Record)]
pub struct VerifierConfig {
    /// The city's root keys, each as DER SubjectPublicKeyInfo. They are handed over in person: all trust
    /// begins here.
    pub root_keys: Vec<Vec<u8>>,
    /// A folder of its own, where signed lists and used codes outlive a restart. Without one they are held in
    /// memory, and codes of the last two minutes pass again after a restart.
    #[uniffi(default = None)]
    pub folder: Option<String>,
    /// What the scanner puts before each scan.
    #[uniffi(default = "")]
    pub scanner_prefix: String,
    /// What the scanner puts after each scan.
    #[uniffi(default = "")]
    pub scanner_suffix: String,
}

/// Verifies citizen codes by signed lists, whether or not anything can be reached. One per process, shared by
/// its threads.
///
/// The caller fetches the city's documents: by a port that is asked for each ([`Verifier::synchronise`]), or
/// one by one as they were served ([`Verifier::take_trust_list`] first), at best once a minute. A document
/// that is not signed as it must be, or older than the one held, is refused, and what is held stays in force.
/// Where `at` is asked for, it is the time in Unix seconds; without it, the machine's clock.
#[derive(uniffi::Object)]
pub struct Verifier {
    pub(crate) core: szid_verifier::Verifier,
}

#[uniffi::export]
impl Verifier {
    /// Opens a verifier, with the lists and used codes that its folder kept. Reads the disk.
    #[uniffi::constructor(default(at = None))]
    pub fn open(config: VerifierConfig, at: Option<u64>) -> Result<Arc<Self>, VerifierError> {
        let now = now_or(at);
        let roots = root_keys(&config.root_keys).ok_or_else(bad_root)?;
        let (replay, store) = memories(config.folder.as_deref(), now)?;
        let scanner = Scanner { prefix: config.scanner_prefix, suffix: config.scanner_suffix };
        let setup =
            VerifierSetup { store, scanner, ..VerifierSetup::new(roots, backend(), replay) };
        Ok(Arc::new(Self { core: szid_verifier::Verifier::open(setup, now)? }))
    }

    /// Verifies one scan, as the scanner sent it. Never fails: whatever is wrong is a refusal with its
    /// reason.
    ///
    /// `scene` is what the venue scans for; without it a code must be good in itself. `operator` is the desk:
    /// a code that the same desk scans again at once is answered again, at another desk it was used.
    #[uniffi::method(default(scene = None, operator = "", challenge = None, at = None))]
    pub fn verify(
        &self,
        scanned: String,
        scene: Option<u16>,
        operator: String,
        challenge: Option<VenueChallenge>,
        at: Option<u64>,
    ) -> ScanVerdict {
        let challenge: Option<Challenge> = challenge.map(Into::into);
        self.core.verify(&scanned, now_or(at), scene, &operator, challenge.as_ref(), None).into()
    }

    /// Takes the trust list (`GET /v1/trust`): the keys that everything else is signed by. True where it is
    /// newer than the one held.
    #[uniffi::method(default(at = None))]
    pub fn take_trust_list(
        &self,
        document: Vec<u8>,
        at: Option<u64>,
    ) -> Result<bool, VerifierError> {
        Ok(is_new(self.core.ingest_trust(&document, now_or(at))?))
    }

    /// Takes the scenes' rules (`GET /v1/scenes`). True where they are newer than those held.
    #[uniffi::method(default(at = None))]
    pub fn take_scenes(&self, document: Vec<u8>, at: Option<u64>) -> Result<bool, VerifierError> {
        Ok(is_new(self.core.ingest_scenes(&document, now_or(at))?))
    }

    /// Takes a status list (`GET /v1/status/{day}/{number}`): which passes of a day are frozen or revoked.
    /// True where it is newer than the one held.
    #[uniffi::method(default(at = None))]
    pub fn take_status_list(
        &self,
        document: Vec<u8>,
        at: Option<u64>,
    ) -> Result<bool, VerifierError> {
        Ok(is_new(self.core.ingest_status(&document, None, now_or(at))?))
    }

    /// The days whose status lists count now, as in the address of a list. Each day's lists are numbered from
    /// 0, and the first number that is not there (404) ends them.
    #[uniffi::method(default(at = None))]
    pub fn status_days(&self, at: Option<u64>) -> Vec<u64> {
        szid_verifier::status_days(now_or(at))
    }

    /// Hears the service's answer to `GET /v1/time?nonce=`, which was asked with these 16 random bytes. Ask
    /// where [`ListsHeld::time_in_doubt`] is true.
    #[uniffi::method(default(at = None))]
    pub fn hear_time(
        &self,
        answer: Vec<u8>,
        nonce: Vec<u8>,
        at: Option<u64>,
    ) -> Result<TimeHeard, VerifierError> {
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| bad_nonce())?;
        Ok(self.core.hear_time(&answer, &nonce, now_or(at))?.into())
    }

    /// What is held, and how old it is. Drops the lists of days that are over.
    #[uniffi::method(default(at = None))]
    pub fn lists(&self, at: Option<u64>) -> Result<ListsHeld, VerifierError> {
        let now = now_or(at);
        self.core.prune(now)?;
        Ok(ListsHeld::of(&self.core.freshness(now), self.core.is_time_in_doubt(now)))
    }
}

type Memories = (Arc<dyn ReplayMemory>, Option<Arc<dyn CacheStore>>);

fn memories(folder: Option<&str>, now: u64) -> Result<Memories, VerifierError> {
    let Some(folder) = folder.map(Path::new) else {
        return Ok((Arc::new(InMemoryReplay::new(USED_CODES)), None));
    };
    let store = FolderStore::open(folder.join("lists"))?;
    let replay = DurableReplay::open(folder.join("used"), USED_CODES, now)?;
    Ok((Arc::new(replay), Some(Arc::new(store))))
}

fn bad_root() -> VerifierError {
    let detail = "a verifier needs root keys, each a P-256 key in DER";
    VerifierError::bad_argument(Reason::TrustMalformed, detail)
}

fn bad_nonce() -> VerifierError {
    VerifierError::bad_argument(Reason::Malformed, "a nonce for the time has 16 bytes")
}

/// The fast arithmetic where this build has it.
fn backend() -> Arc<dyn SignatureBackend> {
    #[cfg(feature = "aws-lc")]
    return Arc::new(szid_verifier::AwsLcBackend);
    #[cfg(not(feature = "aws-lc"))]
    return Arc::new(szid_protocol::crypto::P256Backend);
}

fn is_new(ingested: szid_verifier::Ingested) -> bool {
    ingested == szid_verifier::Ingested::Replaced
}

/// A clock before 1970 reads as 0: every document lies ahead of that, and nothing is accepted.
pub(crate) fn now_or(at: Option<u64>) -> u64 {
    at.unwrap_or_else(|| SystemClock::new().read().wall)
}
