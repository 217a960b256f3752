//! A verifier's round of fetching: which of the city's documents it asks the caller for, and in which order.

use std::sync::Arc;

use szid_protocol::time::NONCE_BYTES;
use szid_wallet::Entropy;
use szid_wallet::software::SystemEntropy;
use uniffi::UnexpectedUniFFICallbackError;

use crate::verifier::{Verifier, now_or};

/// The most status lists of one day.
const MAX_LISTS: u32 = 64;

/// Where a venue gets the city's documents: the service itself, or a server of the venue's own that holds copies.
#[uniffi::export(foreign)]
pub trait DocumentSource: Send + Sync {
    /// The document at this path of the service, such as `/v1/trust`, as it is served; none where there is no such document
    /// (404). Called on the caller's own thread. Bound the wait: ten seconds are enough.
    fn fetch(&self, path: String) -> Result<Option<Vec<u8>>, SourceError>;
}

/// Why a document did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum SourceError {
    /// No connection, no answer in time, or an answer that is neither the document nor 404.
    #[error("the document cannot be fetched")]
    Unreachable,
}

impl From<UnexpectedUniFFICallbackError> for SourceError {
    fn from(_: UnexpectedUniFFICallbackError) -> Self {
        Self::Unreachable
    }
}

/// What a round came to.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Synchronised {
    /// Documents that are newer than those held before.
    pub changed: u32,
    /// What was not fetched or not taken. What is held stays in force.
    pub faults: Vec<DocumentFault>,
}

/// One document that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct DocumentFault {
    /// Its path.
    pub path: String,
    /// The stable code: `SOURCE_UNREACHABLE`, or why the document was refused.
    pub code: String,
}

#[uniffi::export]
impl Verifier {
    /// Fetches what a venue needs, once: the trust list, the scenes' rules, the status lists of the days that count, and the
    /// time where signed times contradict this clock. Call it once a minute, and at the start. Never fails as a whole: what
    /// could not be had is named, and what is held stays in force for as long as each scene allows.
    #[uniffi::method(default(at = None))]
    pub fn synchronise(&self, source: Arc<dyn DocumentSource>, at: Option<u64>) -> Synchronised {
        let now = now_or(at);
        let mut round = Round { source, changed: 0, faults: Vec::new() };
        if self.core.is_time_in_doubt(now) {
            self.ask_time(&mut round, now);
        }
        round.take("/v1/trust", |document| self.take_trust_list(document, Some(now)));
        round.take("/v1/scenes", |document| self.take_scenes(document, Some(now)));
        for day in self.status_days(Some(now)) {
            for list in 0..MAX_LISTS {
                let path = format!("/v1/status/{day}/{list}");
                if !round.take(&path, |document| self.take_status_list(document, Some(now))) {
                    break;
                }
            }
        }
        if let Err(error) = self.core.prune(now) {
            round.fault("/v1/status", error.code());
        }
        Synchronised { changed: round.changed, faults: round.faults }
    }
}

impl Verifier {
    fn ask_time(&self, round: &mut Round, now: u64) {
        let mut nonce = [0; NONCE_BYTES];
        if let Err(error) = SystemEntropy.fill(&mut nonce) {
            return round.fault("/v1/time", szid_wallet::WalletError::from(error).code());
        }
        let path = format!("/v1/time?nonce={}", data_encoding::BASE64URL_NOPAD.encode(&nonce));
        round
            .take(&path, |answer| self.hear_time(answer, nonce.to_vec(), Some(now)).map(|_| false));
    }
}

struct Round {
    source: Arc<dyn DocumentSource>,
    changed: u32,
    faults: Vec<DocumentFault>,
}

impl Round {
    /// False where there is no such document, or it cannot be fetched.
    fn take(
        &mut self,
        path: &str,
        take: impl FnOnce(Vec<u8>) -> Result<bool, crate::VerifierError>,
    ) -> bool {
        match self.source.fetch(path.to_owned()) {
            Ok(Some(document)) => {
                match take(document) {
                    Ok(is_new) => self.changed += u32::from(is_new),
                    Err(error) => self.fault(path, &error.advice().code),
                }
                true
            }
            // After the last list of a day there is none.
            Ok(None) if path.starts_with("/v1/status/") => false,
            Ok(None) | Err(SourceError::Unreachable) => {
                self.fault(path, "SOURCE_UNREACHABLE");
                false
            }
        }
    }

    fn fault(&mut self, path: &str, code: &str) {
        self.faults.push(DocumentFault { path: path.to_owned(), code: code.to_owned() });
    }
}
