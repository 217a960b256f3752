//! Holders who were asked for lately: in a city of millions, what scans ask of those whose codes are scanned again is kept at hand.

use std::sync::{PoisonError, RwLock};

use quick_cache::sync::Cache;

use crate::store::{PassHolder, Person, PersonId, StoreError};

use super::records::decode_found;
use super::tables::{Table, Tables};

/// Passes, and persons, that are remembered: as many as the service remembers verified passes, at some 60 bytes each.
const MOST: usize = 50_000;

type PassKey = [u8; 12];

/// Excerpts of rows. A reader puts one here under the shared lock under which it has read it; the writing thread takes the whole
/// lock to drop what it has changed, after the change is in the tables and before anybody is told. So nobody who was told of a
/// change finds what was before it.
pub(super) struct RecentHolders {
    passes: Cache<PassKey, PersonId>,
    persons: Cache<PersonId, PassHolder>,
    changing: RwLock<()>,
}

impl RecentHolders {
    pub(super) fn new() -> Self {
        let (passes, persons) = (Cache::new(MOST), Cache::new(MOST));
        Self { passes, persons, changing: RwLock::default() }
    }

    /// Who holds a pass.
    pub(super) fn holder(
        &self,
        tables: &Tables,
        pass: PassKey,
    ) -> Result<Option<PassHolder>, StoreError> {
        if let Some(holder) = self.passes.get(&pass).and_then(|id| self.persons.get(&id)) {
            return Ok(Some(holder));
        }
        let _reading = self.changing.read().unwrap_or_else(PoisonError::into_inner);
        let Some(id) = tables.find(Table::Passes, &pass)? else { return Ok(None) };
        let id = PersonId(id.try_into().map_err(|_| StoreError::Damaged("a pass"))?);
        self.passes.insert(pass, id);
        if let Some(holder) = self.persons.get(&id) {
            return Ok(Some(holder));
        }
        let found: Option<Person> = decode_found(tables.find(Table::Persons, &id.0)?)?;
        let holder = found.as_ref().map(PassHolder::from);
        if let Some(holder) = holder {
            self.persons.insert(id, holder);
        }
        Ok(holder)
    }

    /// Drops what is held of rows that were changed.
    pub(super) fn forget(&self, changed: &[(Table, Vec<u8>)]) {
        if changed.is_empty() {
            return;
        }
        let _changing = self.changing.write().unwrap_or_else(PoisonError::into_inner);
        for (table, key) in changed {
            let key = key.as_slice();
            match table {
                Table::Passes => {
                    if let Ok(pass) = PassKey::try_from(key) {
                        self.passes.remove(&pass);
                    }
                }
                Table::Persons => {
                    if let Ok(id) = key.try_into() {
                        self.persons.remove(&PersonId(id));
                    }
                }
                _ => {}
            }
        }
    }
}
