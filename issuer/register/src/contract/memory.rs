//! A database in memory, for tests alone: it keeps columns, as a database server would, and nothing on any
//! disk. What rules and contracts do on it they can do on another database that knows rows by their columns.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

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
pub(crate) struct MemoryDisk {
    content: Arc<RwLock<Content>>,
    /// Has the next commit fail.
    fails_next: Arc<AtomicBool>,
}

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
        self.content.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, content: Content) {
        *self.content.write().unwrap_or_else(PoisonError::into_inner) = content;
    }

    fn write(&self, changes: Changes<'_>) -> Result<(), StoreError> {
        let mut content = self.content();
        let (of_head, head) = (NewestEntry::TABLE, encode_key::<NewestEntry>(&()));
        let mut is_over = false;
        changes.for_each(|table, key, row| {
            assert!(!is_over, "the audit's head comes after all that it stands for");
            is_over = (table, key) == (of_head, head.as_slice());
            put(&mut content, table, key, row);
        });
        if self.fails_next.swap(false, Ordering::Relaxed) {
            return Err(StoreError::Disk("no room, in a test".into()));
        }
        self.replace(content);
        Ok(())
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

/// One thread applies changes, and commits those that have gathered together.
struct MemoryBackend {
    disk: MemoryDisk,
    /// None once it ends.
    changes: Option<Sender<Change>>,
    writer: Option<JoinHandle<()>>,
}

impl MemoryBackend {
    fn new(disk: MemoryDisk, shared: Arc<Shared>) -> Result<Self, StoreError> {
        let (changes, queue) = channel();
        let transaction = Transaction::new(Arc::new(disk.clone()), Arc::clone(&shared))?;
        let on_disk = disk.clone();
        let writer =
            std::thread::spawn(move || write_groups(&queue, &on_disk, &shared, transaction));
        Ok(Self { disk, changes: Some(changes), writer: Some(writer) })
    }
}

fn write_groups(
    queue: &Receiver<Change>,
    disk: &MemoryDisk,
    shared: &Arc<Shared>,
    mut transaction: Transaction,
) {
    while let Ok(first) = queue.recv() {
        let mut replies = vec![first(Some(&mut transaction))];
        while let Ok(change) = queue.try_recv() {
            replies.push(change(Some(&mut transaction)));
        }
        let durable = transaction.commit(|changes| disk.write(changes));
        if durable.is_err() {
            // Over what is on disk, without what was refused.
            let Ok(anew) = Transaction::new(Arc::new(disk.clone()), Arc::clone(shared)) else {
                return;
            };
            transaction = anew;
        }
        replies.into_iter().for_each(|reply| reply(durable.clone()));
    }
}

impl Drop for MemoryBackend {
    fn drop(&mut self) {
        self.changes = None;
        let _ = self.writer.take().map(JoinHandle::join);
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
        let taken = self.changes.as_ref().map(|changes| changes.send(change));
        taken.and_then(Result::ok).ok_or(StoreError::Closed)
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

        fn open_to_fail(&self) -> (Register, Box<dyn Fn()>) {
            let fails_next = Arc::clone(&self.fails_next);
            let fail = move || fails_next.store(true, Ordering::Relaxed);
            (BackendPlace::open(self), Box::new(fail))
        }

        fn killed(&self) -> Box<dyn BackendPlace> {
            let copy = Self::default();
            copy.replace(self.content());
            Box::new(copy)
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
