//! A database in memory, for tests alone: it keeps columns, as a database server would, and nothing on any
//! disk. What rules and contracts do on it they can do on another database that knows rows by their columns.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::StoreError;
use crate::backend::{Backend, Change, KeyRange, RawRow, RawRows, View};
use crate::register::{Options, Register};
use crate::rows::columns::{Columns, Kind};
use crate::rows::{NewestEntry, Rows as _, TABLES, Table, encode_key};
use crate::rules::{Changes, Shared, Transaction};

/// Each row's columns, under the bytes of its key, by which rows are in order.
type Rows = BTreeMap<Vec<u8>, Columns>;

/// What there is at one moment. A change replaces the tables that it writes to.
type Content = [Arc<Rows>; TABLES];

/// What stays when a register is closed.
#[derive(Clone, Default)]
pub(crate) struct MemoryDisk(Arc<RwLock<Content>>);

impl MemoryDisk {
    /// With the rows of a new register.
    pub(crate) fn with(rows: Vec<(Table, Vec<u8>, Vec<u8>)>) -> Self {
        let disk = Self::default();
        let mut content = disk.content();
        rows.into_iter().for_each(|(table, key, row)| put(&mut content, table, &key, Some(row)));
        disk.replace(content);
        disk
    }

    /// A register on it.
    pub(crate) fn open(&self, options: Options) -> Result<Register, StoreError> {
        Register::over(|shared| MemoryBackend::new(self.clone(), shared), options)
    }

    fn content(&self) -> Content {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, content: Content) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = content;
    }

    fn write(&self, changes: Changes<'_>) {
        let mut content = self.content();
        let (of_head, head) = (NewestEntry::TABLE, encode_key::<NewestEntry>(&()));
        let mut is_over = false;
        changes.for_each(|table, key, row| {
            assert!(!is_over, "the audit's head comes after all that it stands for");
            is_over = (table, key) == (of_head, head.as_slice());
            put(&mut content, table, key, row);
        });
        self.replace(content);
    }
}

fn put(content: &mut Content, table: Table, key: &[u8], row: Option<Vec<u8>>) {
    let rows = Arc::make_mut(&mut content[table as usize]);
    match row {
        Some(row) => {
            let row = (key.to_vec(), row);
            let kind = Kind::under(table, key).unwrap();
            let columns = kind.to_columns(&row).unwrap();
            assert_eq!(kind.to_bytes(&columns).as_ref(), Some(&row), "{}", kind.name());
            rows.insert(row.0, columns);
        }
        None => drop(rows.remove(key)),
    }
}

impl View for MemoryDisk {
    fn find_bytes(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Moment(self.content()).find_bytes(table, key)
    }

    fn range(&self, table: Table, range: KeyRange) -> RawRows {
        Moment(self.content()).range(table, range)
    }

    fn range_back(&self, table: Table, range: KeyRange) -> RawRows {
        Moment(self.content()).range_back(table, range)
    }

    fn snapshot(&self) -> Box<dyn View + '_> {
        Box::new(Moment(self.content()))
    }
}

/// The rows at one moment.
#[derive(Clone)]
struct Moment(Content);

impl Moment {
    fn rows(&self, table: Table, range: &KeyRange) -> Vec<Result<RawRow, StoreError>> {
        let rows = self.0[table as usize].iter();
        let inside = rows.filter(|(key, _)| range.holds(key));
        inside.map(|(key, columns)| read(table, key, columns)).collect()
    }
}

fn read(table: Table, key: &[u8], columns: &Columns) -> Result<RawRow, StoreError> {
    let kind = Kind::under(table, key).ok_or(StoreError::Damaged("a key"))?;
    let row = kind.to_bytes(columns).ok_or(StoreError::Damaged("columns"))?;
    assert_eq!(row.0, key, "{} by its columns", kind.name());
    Ok(row)
}

impl View for Moment {
    fn find_bytes(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.0[table as usize].get(key);
        found.map(|columns| Ok(read(table, key, columns)?.1)).transpose()
    }

    fn range(&self, table: Table, range: KeyRange) -> RawRows {
        Box::new(self.rows(table, &range).into_iter())
    }

    fn range_back(&self, table: Table, range: KeyRange) -> RawRows {
        Box::new(self.rows(table, &range).into_iter().rev())
    }

    fn snapshot(&self) -> Box<dyn View + '_> {
        Box::new(self.clone())
    }
}

/// Applies each change at once, on the thread that submits it, and commits it alone.
struct MemoryBackend {
    disk: MemoryDisk,
    transaction: Mutex<Transaction>,
}

impl MemoryBackend {
    fn new(disk: MemoryDisk, shared: Arc<Shared>) -> Result<Self, StoreError> {
        let transaction = Mutex::new(Transaction::new(Arc::new(disk.clone()), shared)?);
        Ok(Self { disk, transaction })
    }

    fn transaction(&self) -> MutexGuard<'_, Transaction> {
        self.transaction.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for MemoryBackend {
    fn look(&self, look: &mut dyn FnMut(&dyn View)) -> Result<(), StoreError> {
        look(&self.disk);
        Ok(())
    }

    fn hold(&self) -> Result<Arc<dyn View>, StoreError> {
        Ok(Arc::new(self.disk.clone()))
    }

    fn submit(&self, change: Change) -> Result<(), StoreError> {
        let mut transaction = self.transaction();
        let reply = change(Some(&mut transaction));
        reply(transaction.commit(|changes| {
            self.disk.write(changes);
            Ok(())
        }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BackendPlace, Inspected, Place, backend_contract, store_contract};
    use super::*;
    use crate::entropy::SystemEntropy;
    use crate::master_key::MasterKey;
    use crate::rules::first_rows;
    use crate::{Founding, Mode};

    fn new_disk() -> MemoryDisk {
        let key = MasterKey::throw_away(&SystemEntropy).unwrap();
        let founding = Founding::new(&key, Mode::Demo, &SystemEntropy).unwrap();
        MemoryDisk::with(first_rows(&founding, &SystemEntropy).unwrap())
    }

    impl Place for MemoryDisk {
        fn open(&self) -> Arc<dyn Inspected> {
            Arc::new(MemoryDisk::open(self, Options::default()).unwrap())
        }
    }

    impl BackendPlace for MemoryDisk {
        fn open(&self) -> Register {
            MemoryDisk::open(self, Options::default()).unwrap()
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn columns_in_memory_do_what_a_database_must() {
        backend_contract(new_disk).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_rules_keep_the_contract_over_columns() {
        store_contract(new_disk).await;
    }
}
