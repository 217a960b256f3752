//! The changes of one group, over what is on disk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fjall::PersistMode;

use super::audit_rows::encode_head;
use super::holders::RecentHolders;
use super::tables::{AUDIT_HEAD, Before, Row, TABLES, Table, Tables};
use super::time::Forgotten;
use super::tokens::{ExpiryNote, expiry_rows};
use super::{copied, trails};
use crate::StoreError;
use crate::audit::{AuditEntry, AuditEvent, AuditHead};

/// Rows that were changed: `None` for one that was removed.
type Changed = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A row that was changed, and what the overlay held of it before, if anything.
type Undo = (Table, Vec<u8>, Option<Option<Vec<u8>>>);

/// Below these nothing is left to prune, so that pruning need not walk over what it removed before. They
/// start at 0 after opening, and an older row that is put lowers them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Floors {
    pub(super) used_codes: u64,
    pub(super) days: u64,
    pub(super) statuses: u64,
    pub(super) expiries: u64,
}

/// What tells who may scan, and where.
const REGISTRATIONS: [Table; 4] =
    [Table::Venues, Table::Sites, Table::Stations, Table::Credentials];

/// What the writing thread works on.
pub(super) struct Transaction {
    tables: Arc<Tables>,
    holders: Arc<RecentHolders>,
    /// Goes up with each group that changes registrations or stops a copied device, before that group's
    /// changes are told to be done.
    registrations: Arc<AtomicU64>,
    overlay: [Changed; TABLES],
    /// What the overlay held before the current change touched it.
    undo: Vec<Undo>,
    /// What runs out, of the whole group.
    expiring: Vec<ExpiryNote>,
    head: AuditHead,
    durable_head: AuditHead,
    pub(super) floors: Floors,
    /// Ahead of the disk where a forgetting could not be written: then more is refused than has to be.
    pub(super) forgotten: Forgotten,
}

impl Transaction {
    pub(super) fn new(
        tables: Arc<Tables>,
        holders: Arc<RecentHolders>,
        registrations: Arc<AtomicU64>,
        head: AuditHead,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            forgotten: Forgotten::read(&tables)?,
            tables,
            holders,
            registrations,
            overlay: Default::default(),
            undo: Vec::new(),
            expiring: Vec::new(),
            head,
            durable_head: head,
            floors: Floors::default(),
        })
    }

    /// What is on disk, without what this group changed.
    pub(super) fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The chain's newest entry that is on disk.
    pub(super) fn acknowledged(&self) -> AuditHead {
        self.durable_head
    }

    /// The chain's newest entry, of this group too.
    pub(super) fn head(&self) -> AuditHead {
        self.head
    }

    /// Applies one change to the group; nothing of it stays if it fails.
    pub(super) fn apply<T>(
        &mut self,
        change: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.undo.clear();
        let (head, noted) = (self.head, self.expiring.len());
        let result = change(self);
        if result.is_err() {
            self.head = head;
            self.expiring.truncate(noted);
            for (table, key, before) in self.undo.drain(..).rev() {
                let rows = &mut self.overlay[table as usize];
                match before {
                    Some(value) => rows.insert(key, value),
                    None => rows.remove(&key),
                };
            }
        }
        result
    }

    pub(super) fn find(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.overlay[table as usize].get(key) {
            Some(value) => Ok(value.clone()),
            None => self.tables.find(table, key),
        }
    }

    /// Rows whose key starts with a prefix, in order.
    pub(super) fn scan(&self, table: Table, prefix: &[u8]) -> Result<Vec<Row>, StoreError> {
        self.scan_from(table, prefix, prefix)
    }

    /// The same from a key on that starts with the prefix.
    pub(super) fn scan_from(
        &self,
        table: Table,
        prefix: &[u8],
        start: &[u8],
    ) -> Result<Vec<Row>, StoreError> {
        let of_prefix = |row: &Result<Row, StoreError>| {
            row.as_ref().map_or(true, |(key, _)| key.starts_with(prefix))
        };
        let rows = self.tables.scan_from(table, start).take_while(of_prefix);
        let mut rows: BTreeMap<_, _> = rows.collect::<Result<_, _>>()?;
        let changed = self.overlay[table as usize].range(start.to_vec()..);
        for (key, value) in changed.take_while(|(key, _)| key.starts_with(prefix)) {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(rows.into_iter().collect())
    }

    /// Rows as they are on disk, from a key on, without what this group changed.
    pub(super) fn on_disk(
        &self,
        table: Table,
        start: &[u8],
    ) -> impl Iterator<Item = Result<Row, StoreError>> + use<> {
        self.tables.scan_from(table, start)
    }

    pub(super) fn put(&mut self, table: Table, key: &[u8], value: Vec<u8>) {
        self.change(table, key, Some(value));
    }

    pub(super) fn remove(&mut self, table: Table, key: &[u8]) {
        self.change(table, key, None);
    }

    fn change(&mut self, table: Table, key: &[u8], value: Option<Vec<u8>>) {
        let before = self.overlay[table as usize].insert(key.to_vec(), value);
        self.undo.push((table, key.to_vec(), before));
    }

    /// Keeps in mind when a row is to be forgotten.
    pub(super) fn note(&mut self, expiry: ExpiryNote) {
        self.expiring.push(expiry);
    }

    /// Appends to the audit chain, and to the trails of the venues that are concerned; returns the entry's
    /// number.
    pub(super) fn audit(&mut self, event: AuditEvent, at: u64) -> Result<u64, StoreError> {
        let number = self.head.number + 1;
        for key in trails::keys(at, &event) {
            self.put(Table::Trails, &key, number.to_be_bytes().to_vec());
        }
        let json = serde_json::to_vec(&AuditEntry { number, at, event })
            .map_err(|_| StoreError::Damaged("an audit entry"))?;
        self.head = self.head.extended(&json);
        let value = [self.head.digest.as_slice(), &json].concat();
        self.put(Table::Audit, &number.to_be_bytes(), value);
        Ok(number)
    }

    /// Writes the group with one fsync. Readers see it after that, not before.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        self.undo.clear();
        for (key, mut more) in expiry_rows(std::mem::take(&mut self.expiring)) {
            // An earlier group may have begun a row with the same key in the same second.
            more.extend(self.tables.find(Table::Expiries, &key)?.unwrap_or_default());
            self.overlay[Table::Expiries as usize].insert(key, Some(more));
        }
        if self.overlay.iter().all(BTreeMap::is_empty) {
            return Ok(());
        }
        let held: Vec<_> = self.overlay[Table::Passes as usize].keys().cloned().collect();
        let mut meta = self.overlay[Table::Meta as usize].range(copied::PREFIX.to_vec()..);
        let registers = meta.next().is_some_and(|(key, _)| key.starts_with(copied::PREFIX))
            || REGISTRATIONS.into_iter().any(|table| !self.overlay[table as usize].is_empty());
        let mut batch = self.tables.database().batch().durability(Some(PersistMode::SyncAll));
        for (rows, keyspace) in self.overlay.iter_mut().zip(self.tables.keyspaces()) {
            for (key, value) in rows {
                match value.take() {
                    Some(value) => batch.insert(keyspace, key.as_slice(), value),
                    None => batch.remove(keyspace, key.as_slice()),
                }
            }
        }
        if self.head != self.durable_head {
            let head = encode_head(&self.head);
            batch.insert(self.tables.keyspace(Table::Meta), AUDIT_HEAD, head);
        }
        let committed = batch.commit();
        self.holders.forget(&held);
        if registers {
            self.registrations.fetch_add(1, Ordering::Release);
        }
        match committed {
            Ok(()) => {
                self.durable_head = self.head;
                self.overlay.iter_mut().for_each(BTreeMap::clear);
                Ok(())
            }
            // The keys stay: what they held before is to be put back.
            Err(error) => Err(StoreError::Disk(error.to_string())),
        }
    }

    /// After a commit that failed: the rows that it was to change, as they are on disk without it. Nothing
    /// may be applied any more.
    pub(super) fn before_the_group(&self) -> Result<Vec<Before>, StoreError> {
        let changed = self
            .overlay
            .iter()
            .zip(Table::ALL)
            .flat_map(|(rows, table)| rows.keys().map(move |key| (table, key)));
        let read = |(table, key): (Table, &Vec<u8>)| {
            Ok(Before::of(table, key.clone(), self.tables.find(table, key)?))
        };
        changed.map(read).collect()
    }
}
