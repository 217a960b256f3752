//! Signed documents, held and kept: a newer one replaces an older one, never the other way round.

mod kept;
mod number;
mod scenes;
mod signed_time;
mod status;
mod store;
mod trust;

pub use kept::KeptDocument;
pub use number::KeptNumber;
pub use scenes::SceneCache;
pub use signed_time::{Heard, SignedTime};
pub use status::StatusCache;
pub(crate) use store::sync_folder;
pub use store::{CacheStore, FolderStore};
pub use trust::TrustCache;

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

/// What became of a document that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ingested {
    /// It is newer than what was held and counts from now on.
    Replaced,
    /// It was held already.
    Unchanged,
}

/// Copies the value out; a writer that panicked left a whole value behind, as values are only ever replaced.
fn read<T: Clone>(lock: &RwLock<T>) -> T {
    lock.read().unwrap_or_else(PoisonError::into_inner).clone()
}

fn replace<T>(lock: &RwLock<T>, value: T) {
    *lock.write().unwrap_or_else(PoisonError::into_inner) = value;
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
