//! The changes of one group, over what is on disk.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::expiries::expiry_rows;
use super::floors::Floors;
use super::shared::Shared;
use super::time::Forgotten;
use super::trails;
use crate::StoreError;
use crate::audit::{AuditEntry, AuditEvent, AuditHead, EMPTY};
use crate::backend::{Before, Found, KeyRange, RawRow, View, read_row};
use crate::rows::{
    Audit, AuditRow, CopiedDevices, Entry, Expiries, Expiring, ExpiryKey, KeyBytes, Leads,
    NewestEntry, Record, Rows, RunsOut, TABLES, Table, Trails, decode, decode_key, encode,
    encode_key,
};

/// Rows that were changed: `None` for one that was removed.
type Changed = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A row that was changed, and what the overlay held of it before, if anything.
type Undo = (Table, Vec<u8>, Option<Option<Vec<u8>>>);

/// The longest key, in bytes: longer ones are no id or name of anything, and fjall panics for them.
pub(crate) const MAX_KEY_BYTES: usize = u16::MAX as usize;

/// What tells who may scan, and where.
const REGISTRATIONS: [Table; 4] =
    [Table::Venues, Table::Sites, Table::Stations, Table::Credentials];

/// What a group of changes comes to, for the database to write.
pub(crate) struct Changes<'a> {
    rows: &'a mut [Changed; TABLES],
    /// The chain's newest entry, where the group has one.
    head: Option<AuditHead>,
}

impl Changes<'_> {
    /// Shows each row that was changed: its new value, or nothing where it was removed. The head comes last:
    /// where rows can be read one by one as they are written, whoever sees it sees all that it stands for.
    pub(crate) fn for_each(self, mut write: impl FnMut(Table, &[u8], Option<Vec<u8>>)) {
        for (rows, table) in self.rows.iter_mut().zip(Table::ALL) {
            rows.iter_mut().for_each(|(key, value)| write(table, key, value.take()));
        }
        if let Some(head) = self.head {
            write(NewestEntry::TABLE, &encode_key::<NewestEntry>(&()), Some(encode(&head)));
        }
    }
}

/// What changes are applied to, one after the other: what is durable, and over it what those before have
/// changed.
pub(crate) struct Transaction {
    tables: Arc<dyn View>,
    shared: Arc<Shared>,
    overlay: [Changed; TABLES],
    /// What the overlay held before the current change touched it.
    undo: Vec<Undo>,
    /// What runs out, of the whole group.
    expiring: Vec<ExpiryKey>,
    head: AuditHead,
    durable_head: AuditHead,
    pub(super) floors: Floors,
    /// Ahead of the disk where a forgetting could not be written: then more is refused than has to be.
    pub(super) forgotten: Forgotten,
}

impl Transaction {
    /// Over what a database has.
    pub(crate) fn new(tables: Arc<dyn View>, shared: Arc<Shared>) -> Result<Self, StoreError> {
        let head = tables.find::<NewestEntry>(&())?.unwrap_or(EMPTY);
        Ok(Self {
            forgotten: Forgotten::read(&*tables)?,
            tables,
            shared,
            overlay: Default::default(),
            undo: Vec::new(),
            expiring: Vec::new(),
            head,
            durable_head: head,
            floors: Floors::default(),
        })
    }

    /// What is on disk, without what this group changed.
    pub(crate) fn tables(&self) -> &dyn View {
        &*self.tables
    }

    /// The chain's newest entry that is on disk.
    pub(crate) fn acknowledged(&self) -> AuditHead {
        self.durable_head
    }

    /// The chain's newest entry, of this group too.
    pub(super) fn head(&self) -> AuditHead {
        self.head
    }

    /// Applies one change to the group; nothing of it stays if it fails.
    pub(crate) fn apply<T>(
        &mut self,
        change: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.undo.clear();
        let (head, noted) = (self.head, self.expiring.len());
        let (floors, forgotten) = (self.floors, self.forgotten);
        // One change that panics is not to end the thread that writes for all.
        let caught = catch_unwind(AssertUnwindSafe(|| change(self)));
        let result = match caught {
            Ok(Ok(_)) if self.undo.iter().any(|(_, key, _)| key.len() > MAX_KEY_BYTES) => {
                tracing::error!("a change has a key that is too long");
                Err(StoreError::Internal)
            }
            Ok(result) => result,
            Err(_) => {
                tracing::error!("a change has panicked");
                Err(StoreError::Internal)
            }
        };
        if result.is_err() {
            self.head = head;
            self.expiring.truncate(noted);
            (self.floors, self.forgotten) = (floors, forgotten);
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

    fn find_bytes(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.overlay[table as usize].get(key) {
            Some(value) => Ok(value.clone()),
            None => self.tables.find_bytes(table, key),
        }
    }

    pub(crate) fn find<R: Rows>(&self, key: &R::Key<'_>) -> Result<Option<R::Row>, StoreError> {
        let key = KeyBytes::of::<R>(key);
        match self.overlay[R::TABLE as usize].get(key.as_slice()) {
            Some(value) => value.as_deref().map(decode).transpose(),
            None => {
                let found = self.tables.find_bytes(R::TABLE, key.as_slice())?;
                found.as_deref().map(decode).transpose()
            }
        }
    }

    pub(crate) fn has<R: Rows>(&self, key: &R::Key<'_>) -> Result<bool, StoreError> {
        Ok(self.find_bytes(R::TABLE, KeyBytes::of::<R>(key).as_slice())?.is_some())
    }

    /// Rows whose keys begin with `lead`, in order.
    pub(crate) fn scan<R: Rows>(&self, lead: &impl Leads<R>) -> Result<Vec<Found<R>>, StoreError> {
        self.scan_range::<R>(KeyRange::of::<R>(lead))
    }

    pub(crate) fn scan_range<R: Rows>(&self, range: KeyRange) -> Result<Vec<Found<R>>, StoreError> {
        self.range(R::TABLE, range)?.into_iter().map(read_row::<R>).collect()
    }

    /// The keys alone of those that begin with `lead`.
    pub(crate) fn keys<R: Rows>(
        &self,
        lead: &impl Leads<R>,
    ) -> Result<Vec<R::Key<'static>>, StoreError> {
        let rows = self.range(R::TABLE, KeyRange::of::<R>(lead))?.into_iter();
        rows.map(|(key, _)| decode_key::<R>(&key)).collect()
    }

    fn range(&self, table: Table, range: KeyRange) -> Result<Vec<RawRow>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let end = range.below.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let overlay = &self.overlay[table as usize];
        let mut changed = overlay.range((Bound::Included(range.from.clone()), end)).peekable();
        let rows = self.tables.range(table, range);
        if changed.peek().is_none() {
            return rows.collect();
        }
        let mut rows: BTreeMap<_, _> = rows.collect::<Result<_, _>>()?;
        for (key, value) in changed {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(rows.into_iter().collect())
    }

    pub(crate) fn put<R: Rows>(&mut self, key: &R::Key<'_>, row: &R::Row) {
        self.change(R::TABLE, encode_key::<R>(key), Some(encode(row)));
    }

    pub(crate) fn remove<R: Rows>(&mut self, key: &R::Key<'_>) {
        self.change(R::TABLE, encode_key::<R>(key), None);
    }

    fn change(&mut self, table: Table, key: Vec<u8>, value: Option<Vec<u8>>) {
        let before = self.overlay[table as usize].insert(key.clone(), value);
        self.undo.push((table, key, before));
    }

    /// Keeps in mind when a row is to be forgotten.
    pub(crate) fn note_expiry<R: RunsOut>(&mut self, at: u64, key: &R::Key<'_>) {
        self.note_expiring(R::EXPIRING, at, R::name(key));
    }

    fn note_expiring(&mut self, kind: Expiring, at: u64, key: [u8; 32]) {
        self.expiring.push(ExpiryKey { at, kind, key });
        self.floors.expiries.lower(at);
    }

    /// Appends to the audit chain, and to the trails of the venues that are concerned; returns the entry's
    /// number.
    pub(crate) fn audit(&mut self, event: AuditEvent, at: u64) -> Result<u64, StoreError> {
        let number = self.head.number.checked_add(1).ok_or(StoreError::Damaged(AuditHead::WHAT))?;
        for key in trails::keys(at, &event) {
            self.put::<Trails>(&key, &Entry(number));
        }
        let json = serde_json::to_vec(&AuditEntry { number, at, event })
            .map_err(|_| StoreError::Damaged("an audit entry"))?;
        self.head = self.head.extended(&json);
        self.put::<Audit>(&number, &AuditRow { digest: self.head.digest, json });
        Ok(number)
    }

    /// Has the group written, all of it or nothing: `write` is done once it is durable. Readers see it after
    /// that, not before.
    pub(crate) fn commit(
        &mut self,
        write: impl FnOnce(Changes<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.undo.clear();
        self.floors.end_group();
        for (key, mut more) in expiry_rows(std::mem::take(&mut self.expiring)) {
            // An earlier group may have begun a row with the same key in the same second.
            more.extend(self.tables().find::<Expiries>(&key)?.unwrap_or_default());
            let key = encode_key::<Expiries>(&key);
            self.overlay[Expiries::TABLE as usize].insert(key, Some(encode(&more)));
        }
        if self.overlay.iter().all(BTreeMap::is_empty) {
            return Ok(());
        }
        let held: Vec<_> = self.overlay[Table::Passes as usize].keys().cloned().collect();
        let copied = CopiedDevices::UNDER;
        let mut meta = self.overlay[CopiedDevices::TABLE as usize].range(copied.to_vec()..);
        let registers = meta.next().is_some_and(|(key, _)| key.starts_with(copied))
            || REGISTRATIONS.into_iter().any(|table| !self.overlay[table as usize].is_empty());
        let head = (self.head != self.durable_head).then_some(self.head);
        let written = write(Changes { rows: &mut self.overlay, head });
        self.shared.holders.forget(&held);
        if registers {
            self.shared.count_registrations();
        }
        // Where it failed the keys stay: what they held before is to be put back.
        written?;
        self.durable_head = self.head;
        self.overlay.iter_mut().for_each(BTreeMap::clear);
        Ok(())
    }

    /// After a commit that failed: the rows that it was to change, as they are on disk without it. Nothing
    /// may be applied any more.
    pub(crate) fn before_the_group(&self) -> Result<Vec<Before>, StoreError> {
        let changed = self
            .overlay
            .iter()
            .zip(Table::ALL)
            .flat_map(|(rows, table)| rows.keys().map(move |key| (table, key)));
        let read = |(table, key): (Table, &Vec<u8>)| {
            Ok(Before { table, key: key.clone(), value: self.tables.find_bytes(table, key)? })
        };
        changed.map(read).collect()
    }
}
