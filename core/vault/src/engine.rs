//! sled, held at arm's length: panics become errors, and `flush` is followed by the fsync that it forgets.

use std::fs::{File, OpenOptions};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::directory::Item;
use crate::envelope::{ItemKey, Region};
use crate::error::VaultError;
use crate::files;
use crate::mirror::Items;
use crate::walk;
use crate::write_plan::ItemChange;

/// Directory of the engine in its generation's directory.
pub(crate) const ENGINE_DIR: &str = "sled";
/// A vault is small; the default of one gigabyte is not for phones.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// sled gives its file lock back some moments after it was dropped.
const LOCK_RETRIES: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// Why the engine failed.
#[derive(Debug)]
pub(crate) enum EngineFailure {
    /// Its files are not what it wrote, or it panicked over them.
    Corrupt,
    /// The system refused; the files may be fine.
    System(VaultError),
}

impl From<EngineFailure> for VaultError {
    fn from(failure: EngineFailure) -> Self {
        match failure {
            EngineFailure::Corrupt => VaultError::Io(io::ErrorKind::InvalidData),
            EngineFailure::System(error) => error,
        }
    }
}

impl From<sled::Error> for EngineFailure {
    fn from(error: sled::Error) -> Self {
        let sled::Error::Io(error) = error else { return EngineFailure::Corrupt };
        // Unreadable sectors and short files are damage, which the mirror repairs; these are not:
        match VaultError::from(io::Error::from(error.kind())) {
            VaultError::Io(
                io::ErrorKind::PermissionDenied
                | io::ErrorKind::ReadOnlyFilesystem
                | io::ErrorKind::OutOfMemory,
            )
            | VaultError::DiskFull => EngineFailure::System(error.into()),
            _ => EngineFailure::Corrupt,
        }
    }
}

/// An open sled database with one tree.
pub(crate) struct Engine {
    db: Option<sled::Db>,
    file: File,
    path: PathBuf,
}

impl Engine {
    /// Opens the database in this directory, or creates it.
    pub(crate) fn open(path: &Path) -> Result<Engine, EngineFailure> {
        let open = || {
            sled::Config::new()
                .path(path)
                .cache_capacity(CACHE_BYTES)
                // No thread that wakes a phone twice a second: every commit is flushed by its writer.
                .flush_every_ms(None)
                .open()
        };
        let mut result = guarded(open);
        for _ in 0..LOCK_RETRIES {
            if !matches!(&result, Err(Failure::Sled(error)) if is_lock_failure(error)) {
                break;
            }
            std::thread::sleep(LOCK_PAUSE);
            result = guarded(open);
        }
        let db = match result {
            Ok(db) => db,
            Err(Failure::Panic) => return Err(EngineFailure::Corrupt),
            Err(Failure::Sled(error)) if is_lock_failure(&error) => {
                return Err(EngineFailure::System(VaultError::InUse));
            }
            Err(Failure::Sled(error)) => return Err(error.into()),
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path.join("db"))
            .map_err(|error| EngineFailure::System(error.into()))?;
        Ok(Engine { db: Some(db), file, path: path.to_owned() })
    }

    /// Applies changes atomically and makes them durable.
    pub(crate) fn apply(&self, changes: &[ItemChange]) -> Result<(), EngineFailure> {
        let mut batch = sled::Batch::default();
        for (key, sealed) in changes {
            match sealed {
                Some(sealed) => batch.insert(key.as_slice(), sealed.as_slice()),
                None => batch.remove(key.as_slice()),
            }
        }
        self.with(|db| {
            db.apply_batch(batch)?;
            db.flush()
        })?;
        // On Linux sled's flush ends in sync_file_range, which commits neither the file's size nor its
        // extents.
        self.file.sync_data().map_err(|error| EngineFailure::System(error.into()))
    }

    /// Makes the files of a new database durable, with their names.
    pub(crate) fn sync_files(&self) -> io::Result<()> {
        self.file.sync_all()?;
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                files::sync_dir(&entry.path())?;
            } else {
                files::sync_file(&entry.path())?;
            }
        }
        files::sync_dir(&self.path)
    }

    /// Looks up an item.
    pub(crate) fn get(&self, key: &ItemKey) -> Item {
        match self.with(|db| db.get(key)) {
            Ok(None) => Item::Missing,
            Ok(Some(bytes)) => Item::Bytes(bytes.to_vec()),
            Err(_) => Item::Unreadable,
        }
    }

    /// All items, and whether all could be read.
    pub(crate) fn all(&self) -> (Items, bool) {
        self.db.as_ref().map_or_else(Default::default, |db| walk::items(db, None))
    }

    /// All items of the directory, and whether all could be read.
    pub(crate) fn directory(&self) -> (Items, bool) {
        let region = Some(Region::Directory);
        self.db.as_ref().map_or_else(Default::default, |db| walk::items(db, region))
    }

    /// Bytes of the database file on disk.
    pub(crate) fn file_len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn with<T>(&self, work: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, EngineFailure> {
        let db = self.db.as_ref().ok_or(EngineFailure::Corrupt)?;
        guarded(|| work(db)).map_err(|failure| match failure {
            Failure::Panic => EngineFailure::Corrupt,
            Failure::Sled(error) => error.into(),
        })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // sled flushes and may panic while it is dropped; everything acknowledged is already on disk.
        let db = self.db.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
    }
}

pub(crate) enum Failure {
    Panic,
    Sled(sled::Error),
}

/// Runs sled code. A panic in it leaves its memory in doubt, so callers drop the engine after a failed write.
pub(crate) fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(Failure::Sled),
        Err(_) => Err(Failure::Panic),
    }
}

fn is_lock_failure(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(error) if error.to_string().starts_with("could not acquire lock"))
}
