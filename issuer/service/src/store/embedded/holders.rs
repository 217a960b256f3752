//! Holders who were asked for lately: in a city of millions, the rows of those whose codes are scanned again are kept at hand.

use std::sync::{PoisonError, RwLock};

use quick_cache::sync::Cache;

use crate::store::{Person, PersonId, StoreError};

use super::records::decode_found;
use super::tables::{Table, Tables};

/// Persons and passes that are remembered: about half a kilobyte and a tenth of that each.
const MOST: usize = 16_384;

type PassKey = [u8; 12];

/// Copies of rows. A reader puts one here under the shared lock under which it has read it; the writing thread takes the whole
/// lock to drop what it has changed, after the change is in the tables and before anybody is told. So nobody who was told of a
/// change finds what was before it.
pub(super) struct RecentHolders {
    passes: Cache<PassKey, PersonId>,
    persons: Cache<PersonId, Person>,
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
    ) -> Result<Option<Person>, StoreError> {
        let Some(id) = self.passes.get(&pass) else {
            let _reading = self.changing.read().unwrap_or_else(PoisonError::into_inner);
            let Some(id) = tables.find(Table::Passes, &pass)? else { return Ok(None) };
            let id = PersonId(id.try_into().map_err(|_| StoreError::Damaged("a pass"))?);
            self.passes.insert(pass, id);
            return self.find(tables, id);
        };
        match self.persons.get(&id) {
            Some(person) => Ok(Some(person)),
            None => {
                let _reading = self.changing.read().unwrap_or_else(PoisonError::into_inner);
                self.find(tables, id)
            }
        }
    }

    /// Under the shared lock.
    fn find(&self, tables: &Tables, id: PersonId) -> Result<Option<Person>, StoreError> {
        if let Some(person) = self.persons.get(&id) {
            return Ok(Some(person));
        }
        let found: Option<Person> = decode_found(tables.find(Table::Persons, &id.0)?)?;
        if let Some(person) = &found {
            self.persons.insert(id, person.clone());
        }
        Ok(found)
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
