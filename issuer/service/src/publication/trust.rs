//! The trust list: made offline, handed out here, replaced without a restart and never by an older one.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use szid_protocol::key::PublicKey;
use szid_protocol::reason::Reason;
use szid_protocol::told::Particulars;
use szid_protocol::trust::{Purpose, VerifiedTrustList};
use szid_verifier::{AwsLcBackend, FolderStore, Ingested, TrustCache, VerifierError};

use super::Published;
use crate::keys::ServiceKeys;
use crate::start_error::StartError;

/// Whether a service with these keys and this prefix of its status lists takes a list.
///
/// # Errors
/// [`StartError::Trust`] for one that does not name all of the keys, or those of passes with another prefix.
pub fn check_serves(
    list: &VerifiedTrustList,
    keys: &[(Purpose, PublicKey)],
    prefix: &str,
    now: u64,
) -> Result<(), StartError> {
    for (purpose, key) in keys {
        if !list.lists(key, *purpose, now) {
            // Keys are named from their signing on: by the clock of a machine that no network sets.
            let ahead = list.issued_at().saturating_sub(now);
            if ahead > 0 {
                return Err(StartError::Trust(Particulars {
                    zh: format!("清单的签发时间比本机时钟晚 {ahead} 秒：请核对两台机器的时钟"),
                    en: format!(
                        "it was signed {ahead} s ahead of this clock: compare the clocks of both machines"
                    ),
                }));
            }
            return Err(StartError::Trust(Particulars {
                zh: format!("密钥 {purpose:?} 未列出或不在有效期"),
                en: format!("the {purpose:?} key is not listed or not valid now"),
            }));
        }
        if *purpose == Purpose::Pass && list.status_prefix(key) != Some(prefix) {
            let named = list.status_prefix(key).unwrap_or_default();
            return Err(StartError::Trust(Particulars {
                zh: format!("状态清单前缀与 base_url 不符：{named}"),
                en: format!("its status prefix {named} is not below base_url"),
            }));
        }
    }
    Ok(())
}

/// Where a service keeps the list in force, below its data folder.
pub fn trust_folder(data: &Path) -> PathBuf {
    data.join("trust")
}

fn is_older(laid: &[u8], version: u64, roots: &[PublicKey]) -> bool {
    let laid = VerifiedTrustList::verify(laid, roots, &AwsLcBackend);
    laid.is_ok_and(|laid| laid.version() < version)
}

pub(crate) struct TrustPublication {
    cache: TrustCache,
    document: RwLock<Option<Published>>,
}

impl TrustPublication {
    /// Opens what an earlier start has kept below the data folder.
    pub(crate) fn open(roots: Vec<PublicKey>, data: &Path) -> Result<Self, VerifierError> {
        let store = Arc::new(FolderStore::open(trust_folder(data))?);
        let cache = TrustCache::open(roots, Arc::new(AwsLcBackend), Some(store))?;
        Ok(Self { cache, document: RwLock::default() })
    }

    /// Takes up the list that the witness has kept: where the data folder was put back from a copy, the list
    /// in it is an older one. A list that no root has signed is not held, as one of the folder's own.
    pub(crate) fn take_up(&self, witnessed: &[u8]) {
        match self.cache.ingest(witnessed) {
            Ok(Ingested::Unchanged) => {}
            Ok(Ingested::Replaced) => tracing::warn!(
                "the witness has a newer trust list than the data folder: no older one is put in force"
            ),
            Err(error) => tracing::warn!(code = error.code(), %error, "the witness's trust list"),
        }
    }

    /// Puts a list in force, if it is not older than the one before and names this service's keys, those of
    /// passes with its own status lists: a start would refuse any other.
    pub(crate) fn replace(
        &self,
        bytes: &[u8],
        roots: &[PublicKey],
        keys: &ServiceKeys,
        prefix: &str,
        now: u64,
    ) -> Result<(), StartError> {
        let list = VerifiedTrustList::verify(bytes, roots, &AwsLcBackend)
            .map_err(|reason| StartError::Trust(reason.into()))?;
        let signing = keys.by_purpose().map(|(purpose, signer)| (purpose, signer.public_key()));
        check_serves(&list, &signing, prefix, now)?;
        let ingested = self.cache.ingest(bytes);
        // A list that could not be kept is in force all the same.
        if matches!(ingested, Ok(_) | Err(VerifierError::Write(_))) {
            let document = Published::new(bytes.to_vec(), list.issued_at());
            *self.document.write().unwrap_or_else(PoisonError::into_inner) = Some(document);
        }
        ingested.map(drop).map_err(|error| StartError::Trust(error.into()))
    }

    /// Begins with the list that was laid in its place, or, where that one is refused, with the list that was
    /// in force before the start, as a service goes on that runs: a list that is torn or from a copy keeps no
    /// service down. Answers whether the laid one is in force.
    pub(crate) fn begin(
        &self,
        laid: &[u8],
        roots: &[PublicKey],
        keys: &ServiceKeys,
        prefix: &str,
        now: u64,
    ) -> Result<bool, StartError> {
        let Err(refused) = self.replace(laid, roots, keys, prefix, now) else { return Ok(true) };
        let Some((version, kept)) = self.in_force() else { return Err(refused) };
        match self.replace(&kept, roots, keys, prefix, now) {
            Ok(()) => Ok(false),
            // Whoever has an older list has older keys as well, as from a copy: to sign further lists would
            // bring them back.
            Err(StartError::Trust(own)) if is_older(laid, version, roots) => {
                Err(StartError::Trust(Particulars {
                    zh: format!(
                        "现行清单是第 {version} 版，较新，见证中有（trust-list.cwt）；按它：{}",
                        own.zh
                    ),
                    en: format!(
                        "version {version} is in force, which is newer and lies in the witness (trust-list.cwt); by it: {}",
                        own.en
                    ),
                }))
            }
            Err(_) => Err(refused),
        }
    }

    /// The list in force.
    pub(crate) fn current(&self) -> Result<Arc<VerifiedTrustList>, Reason> {
        self.cache.current().ok_or(Reason::TrustMissing)
    }

    /// The version of the list in force, and the list as it was signed.
    pub(crate) fn in_force(&self) -> Option<(u64, Vec<u8>)> {
        Some((self.cache.current()?.version(), self.cache.document()?))
    }

    /// The list as it was signed, to hand out.
    pub(crate) fn document(&self) -> Option<Published> {
        self.document.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
