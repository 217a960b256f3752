//! How a register begins in a folder.

use std::fs::File;
use std::io;
use std::path::Path;

use fjall::PersistMode;

use super::FORMAT_VERSION;
use super::tables::Tables;
use crate::entropy::Entropy;
use crate::private_folder;
use crate::register::Register;
use crate::rows::{Format, Rows, encode, encode_key};
use crate::rules::first_rows;
use crate::{Founding, StoreError};

impl Register {
    /// Founds a register in an empty place: made beside it, and moved there once it is whole. Half-made
    /// tables, as a kill leaves them, cannot be opened.
    ///
    /// # Errors
    /// [`StoreError::Occupied`] where there is something already, [`StoreError::Disk`],
    /// [`StoreError::Entropy`].
    pub fn found(
        path: &Path,
        founding: &Founding,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let occupied = || StoreError::Occupied(path.display().to_string());
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        private_folder::make(parent).map_err(disk)?;
        let folder = File::open(parent).map_err(disk)?;
        // One founder at a time.
        folder.lock().map_err(disk)?;
        if holds_something(path)? {
            return Err(occupied());
        }
        let draft = path.with_extension("founding");
        if draft.exists() {
            std::fs::remove_dir_all(&draft).map_err(disk)?;
        }
        private_folder::make(&draft).map_err(disk)?;
        write_first(&Tables::open(&draft)?, founding, entropy)?;
        std::fs::rename(&draft, path).map_err(disk)?;
        folder.sync_all().map_err(disk)
    }
}

/// Whether there is a register, or anything else, in a folder.
pub(super) fn holds_something(path: &Path) -> Result<bool, StoreError> {
    match std::fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(disk(error)),
    }
}

/// What a new store starts with.
fn write_first(
    tables: &Tables,
    founding: &Founding,
    entropy: &dyn Entropy,
) -> Result<(), StoreError> {
    let mut batch = tables.database().batch().durability(Some(PersistMode::SyncAll));
    let format = (Format::TABLE, encode_key::<Format>(&()), encode(&FORMAT_VERSION));
    for (table, key, row) in first_rows(founding, entropy)?.into_iter().chain([format]) {
        batch.insert(tables.keyspace(table), key, row);
    }
    batch.commit().map_err(|error| StoreError::Disk(error.to_string()))
}

fn disk(error: io::Error) -> StoreError {
    StoreError::Disk(error.to_string())
}
