//! Who holds a pass: the row of each pass says what scans ask of its holder, and those asked for lately are
//! kept at hand.

use std::sync::{PoisonError, RwLock};

use quick_cache::sync::Cache;

use crate::StoreError;
use crate::backend::View;
use crate::rows::{PassKey, PassRow, Passes, decode_key};

/// The most rows kept at hand: as many as the service remembers verified passes, at some 90 bytes each.
const MAX_HOLDERS_AT_HAND: usize = 50_000;

/// Copies of rows. A reader puts one here under the shared lock under which it has read it; the writing
/// thread takes the whole lock to drop what it has changed, after the change is in the tables and before
/// anybody is told. So nobody who was told of a change finds what was before it.
pub(super) struct RecentHolders {
    rows: Cache<PassKey, PassRow>,
    changing: RwLock<()>,
}

impl RecentHolders {
    pub(super) fn new() -> Self {
        Self { rows: Cache::new(MAX_HOLDERS_AT_HAND), changing: RwLock::default() }
    }

    /// What the register holds of a pass.
    pub(super) fn row(
        &self,
        tables: &dyn View,
        pass: PassKey,
    ) -> Result<Option<PassRow>, StoreError> {
        if let Some(row) = self.rows.get(&pass) {
            return Ok(Some(row));
        }
        let _reading = self.changing.read().unwrap_or_else(PoisonError::into_inner);
        let found = tables.find::<Passes>(&pass)?;
        if let Some(row) = found {
            self.rows.insert(pass, row);
        }
        Ok(found)
    }

    /// Drops what is held of passes whose rows were changed.
    pub(super) fn forget(&self, changed: &[Vec<u8>]) {
        if changed.is_empty() {
            return;
        }
        let _changing = self.changing.write().unwrap_or_else(PoisonError::into_inner);
        for key in changed {
            if let Ok(pass) = decode_key::<Passes>(key) {
                self.rows.remove(&pass);
            }
        }
    }
}
