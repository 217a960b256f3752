//! The trust list that a service took last, as it keeps it in its data folder: whoever names an older one has
//! it from a copy, and it says nothing of the keys that were replaced or forgotten since.

use std::path::Path;
use std::sync::Arc;

use szid_issuer::commands::CommandFault;
use szid_issuer::trust_folder;
use szid_issuer::witness::Witness;
use szid_protocol::key::PublicKey;
use szid_protocol::reason::Reason;
use szid_verifier::{AwsLcBackend, CacheStore, FolderStore, TrustCache, VerifierError};

use crate::{Failure, read_file, read_public_key};

/// Refuses a list that this service would refuse as older than the one that it has. Nothing is written.
pub(super) fn check_not_older(
    data: &Path,
    witness: &Witness,
    trust_list: &Path,
    root: &Path,
) -> Result<(), Failure> {
    // A disk that is not mounted knows nothing.
    std::fs::read_dir(data).map_err(|error| Failure::unread(data, error))?;
    let folder = trust_folder(data);
    let witnessed = witness.trust_list().map_err(Failure::system)?;
    // Opening makes it: the service has never started.
    if !folder.exists() && witnessed.is_none() {
        return Ok(());
    }
    let told = |error: VerifierError| Failure::told(error).at(&folder);
    let cache = open(&folder, read_public_key(root)?).map_err(told)?;
    // The data folder may have gone back with the list. What another root has signed is not taken up.
    if let Some(witnessed) = witnessed {
        let _ = cache.ingest(&witnessed);
    }
    match cache.ingest(&read_file(trust_list)?) {
        Err(VerifierError::Document(Reason::TrustRollback)) => {
            Err(match cache.current() {
                Some(taken) => Failure::of(&CommandFault::ListBehind(taken.version().to_string()))
                    .at(trust_list),
                // The newer one is another root's.
                None => Failure::refused(trust_list, Reason::TrustRollback),
            })
        }
        Err(VerifierError::Document(reason)) => Err(Failure::refused(trust_list, reason)),
        _ => Ok(()),
    }
}

fn open(folder: &Path, root: PublicKey) -> Result<TrustCache, VerifierError> {
    let store = folder.exists().then(|| FolderStore::open(folder).map(LookedAt)).transpose()?;
    let store = store.map(|store| Arc::new(store) as Arc<dyn CacheStore>);
    TrustCache::open(vec![root], Arc::new(AwsLcBackend), store)
}

/// A folder of the service's that is read alone.
struct LookedAt(FolderStore);

impl CacheStore for LookedAt {
    fn load(&self, name: &str) -> Result<Option<Vec<u8>>, VerifierError> {
        self.0.load(name)
    }

    fn save(&self, _: &str, _: &[u8]) -> Result<(), VerifierError> {
        Ok(())
    }

    fn remove(&self, _: &str) -> Result<(), VerifierError> {
        Ok(())
    }

    fn names(&self) -> Result<Vec<String>, VerifierError> {
        self.0.names()
    }
}
