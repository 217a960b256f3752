//! One thread writes: it takes what has gathered, applies it in order, makes it durable with one fsync, and then answers.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use fjall::{Database, Keyspace, PersistMode};
use tokio::sync::oneshot;

use crate::audit::{AuditEntry, AuditEvent, AuditHead};
use crate::store::{Answer, StoreError};

use super::tables::{Row, Table, Tables};

/// The most changes that share one fsync.
const GROUP: usize = 512;

type Change = Box<dyn FnOnce(&mut Transaction<'_>) -> Reply + Send>;
/// Sends the change's result once it is known whether the disk took it.
type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// The handle to the writing thread.
pub(super) struct Writer {
    changes: Option<Sender<Change>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        database: Database,
        tables: Tables,
        head: AuditHead,
    ) -> Result<Self, StoreError> {
        let (changes, queue) = channel();
        let thread = std::thread::Builder::new()
            .name("szid-store".into())
            .spawn(move || write_groups(&queue, &database, &tables, head))
            .map_err(|error| StoreError::Disk(error.to_string()))?;
        Ok(Self { changes: Some(changes), thread: Some(thread) })
    }

    /// Runs a change on the writing thread. It sees all changes before it; if it fails, nothing of it is kept.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        let (sender, receiver) = oneshot::channel();
        let boxed: Change = Box::new(move |transaction| {
            transaction.begin();
            let result = change(transaction);
            transaction.end(result.is_ok());
            Box::new(move |durable| {
                // A caller that has gone away needs no answer.
                let _ = sender.send(durable.and(result));
            })
        });
        let sent = self.changes.as_ref().is_some_and(|changes| changes.send(boxed).is_ok());
        Box::pin(async move {
            if !sent {
                return Err(StoreError::Closed);
            }
            receiver.await.unwrap_or(Err(StoreError::Closed))
        })
    }
}

impl Drop for Writer {
    /// Lets the thread finish what was submitted.
    fn drop(&mut self) {
        self.changes = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write_groups(
    queue: &Receiver<Change>,
    database: &Database,
    tables: &Tables,
    mut head: AuditHead,
) {
    let mut failed: Option<StoreError> = None;
    while let Ok(first) = queue.recv() {
        let mut transaction = Transaction {
            tables,
            overlay: HashMap::new(),
            undo: Vec::new(),
            head,
            head_before: head,
        };
        let mut replies = Vec::new();
        let mut next = Some(first);
        while let Some(change) = next {
            replies.push(change(&mut transaction));
            next = if replies.len() < GROUP { queue.try_recv().ok() } else { None };
        }
        let durable = match &failed {
            Some(error) => Err(error.clone()),
            None => transaction.commit(database),
        };
        match &durable {
            Ok(()) => head = transaction.head,
            Err(error) => failed = Some(error.clone()),
        }
        for reply in replies {
            reply(durable.clone());
        }
    }
}

/// The place of a row.
type Place = (Table, Vec<u8>);

/// Changes of one group, over what is on disk.
pub(super) struct Transaction<'a> {
    tables: &'a Tables,
    overlay: HashMap<Place, Option<Vec<u8>>>,
    /// What the overlay held before the current change touched it.
    undo: Vec<(Place, Option<Option<Vec<u8>>>)>,
    head: AuditHead,
    head_before: AuditHead,
}

impl Transaction<'_> {
    fn begin(&mut self) {
        self.undo.clear();
        self.head_before = self.head;
    }

    fn end(&mut self, keep: bool) {
        if keep {
            return;
        }
        self.head = self.head_before;
        for (row, before) in self.undo.drain(..).rev() {
            match before {
                Some(value) => self.overlay.insert(row, value),
                None => self.overlay.remove(&row),
            };
        }
    }

    pub(super) fn find(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        // A tuple key would have to be built to look up a borrowed one; groups are small enough for that.
        match self.overlay.get(&(table, key.to_vec())) {
            Some(value) => Ok(value.clone()),
            None => self.tables.find(table, key),
        }
    }

    /// Rows on disk whose key starts with a prefix, with this group's changes applied.
    pub(super) fn scan(&self, table: Table, prefix: &[u8]) -> Result<Vec<Row>, StoreError> {
        let mut rows: Vec<_> = self.tables.scan(table, prefix).collect::<Result<_, _>>()?;
        rows.retain(|(key, _)| !self.overlay.contains_key(&(table, key.clone())));
        let changed =
            self.overlay.iter().filter(|((of, key), _)| *of == table && key.starts_with(prefix));
        rows.extend(changed.filter_map(|((_, key), value)| Some((key.clone(), value.clone()?))));
        rows.sort_unstable();
        Ok(rows)
    }

    /// All rows of a table, as they are on disk, in the order of their keys.
    pub(super) fn on_disk(
        &self,
        table: Table,
    ) -> impl Iterator<Item = Result<Row, StoreError>> + use<> {
        self.tables.scan_from(table, &[])
    }

    pub(super) fn put(&mut self, table: Table, key: &[u8], value: Vec<u8>) {
        self.change(table, key, Some(value));
    }

    pub(super) fn remove(&mut self, table: Table, key: &[u8]) {
        self.change(table, key, None);
    }

    fn change(&mut self, table: Table, key: &[u8], value: Option<Vec<u8>>) {
        let row = (table, key.to_vec());
        let before = self.overlay.insert(row.clone(), value);
        self.undo.push((row, before));
    }

    /// Appends to the audit chain and returns the entry's number.
    pub(super) fn audit(&mut self, event: AuditEvent, at: u64) -> Result<u64, StoreError> {
        let number = self.head.number + 1;
        let json = serde_json::to_vec(&AuditEntry { number, at, event })
            .map_err(|_| StoreError::Damaged("audit entry"))?;
        self.head = self.head.extended(&json);
        let mut value = self.head.digest.to_vec();
        value.extend(json);
        self.put(Table::Audit, &number.to_be_bytes(), value);
        let mut stored = number.to_be_bytes().to_vec();
        stored.extend(self.head.digest);
        self.put(Table::Meta, super::tables::AUDIT_HEAD, stored);
        Ok(number)
    }

    fn commit(&mut self, database: &Database) -> Result<(), StoreError> {
        if self.overlay.is_empty() {
            return Ok(());
        }
        let mut batch = database.batch().durability(Some(PersistMode::SyncAll));
        for ((table, key), value) in self.overlay.drain() {
            let keyspace: &Keyspace = self.tables.keyspace(table);
            match value {
                Some(value) => batch.insert(keyspace, key, value),
                None => batch.remove(keyspace, key),
            }
        }
        batch.commit().map_err(|error| StoreError::Disk(error.to_string()))
    }
}
