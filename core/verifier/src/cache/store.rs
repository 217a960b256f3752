//! Where documents are kept between starts.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::error::VerifierError;

/// Keeps small named records. Names hold lower-case letters, digits and hyphens only.
pub trait CacheStore: Send + Sync {
    /// The record, `None` when there is none.
    ///
    /// # Errors
    /// [`VerifierError::Read`].
    fn load(&self, name: &str) -> Result<Option<Vec<u8>>, VerifierError>;

    /// Keeps a record in place of the one with the same name; durable on return, and never half of it.
    ///
    /// # Errors
    /// [`VerifierError::Write`].
    fn save(&self, name: &str, bytes: &[u8]) -> Result<(), VerifierError>;

    /// Removes a record, if there is one.
    ///
    /// # Errors
    /// [`VerifierError::Write`].
    fn remove(&self, name: &str) -> Result<(), VerifierError>;

    /// The names of all records.
    ///
    /// # Errors
    /// [`VerifierError::Read`].
    fn names(&self) -> Result<Vec<String>, VerifierError>;
}

/// The longest record that is read back, bytes: a status list that does not compress, with room for the
/// frame.
const MAX_RECORD: u64 = 2 << 20;
const EXTENSION: &str = "kept";

/// Records as files of one folder.
pub struct FolderStore {
    folder: PathBuf,
}

impl FolderStore {
    /// Opens a folder, and makes it when it is not there.
    ///
    /// # Errors
    /// [`VerifierError::Write`].
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, VerifierError> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(VerifierError::Write)?;
        Ok(Self { folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension(EXTENSION)
    }
}

/// Makes names in a folder durable. Where folders cannot be synchronised the system does it by itself.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

impl CacheStore for FolderStore {
    fn load(&self, name: &str) -> Result<Option<Vec<u8>>, VerifierError> {
        let path = self.path(name);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.len() > MAX_RECORD => {
                Err(VerifierError::CacheDamaged(name.to_owned()))
            }
            Ok(_) => fs::read(&path).map(Some).map_err(VerifierError::Read),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(VerifierError::Read(error)),
        }
    }

    fn save(&self, name: &str, bytes: &[u8]) -> Result<(), VerifierError> {
        let path = self.path(name);
        let unfinished = path.with_extension("new");
        let write = || {
            let mut file = File::create(&unfinished)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            sync_folder(&self.folder)
        };
        write().map_err(|error| {
            // On a full disk it would take the last of the room.
            _ = fs::remove_file(&unfinished);
            VerifierError::Write(error)
        })
    }

    fn remove(&self, name: &str) -> Result<(), VerifierError> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(VerifierError::Write(error)),
            _ => Ok(()),
        }
    }

    fn names(&self) -> Result<Vec<String>, VerifierError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(VerifierError::Read)? {
            let path = entry.map_err(VerifierError::Read)?.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                names.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}
