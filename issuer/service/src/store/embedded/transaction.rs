//! The changes of one group, over what is on disk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::audit::{AuditEntry, AuditEvent, AuditHead};
use crate::store::StoreError;

use super::group::Group;
use super::holders::RecentHolders;
use super::log::Log;
use super::recent::RecentCodes;
use super::tables::{AUDIT_HEAD, Row, Table, Tables};
use super::tokens::{ExpiryNote, expiry_rows};
use super::{encode_head, trails};

/// A row that was changed, and what the overlay held of it before, if anything.
type Undo = (Table, Vec<u8>, Option<Option<Vec<u8>>>);

/// Below these nothing is left to prune, so that pruning need not walk over what it removed before. They start at 0 after
/// opening, and an older row that is put lowers them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Floors {
    pub(super) used_codes: u64,
    pub(super) days: u64,
    pub(super) expiries: u64,
}

/// What tells who may scan, and where.
const REGISTRATIONS: [Table; 4] =
    [Table::Venues, Table::Sites, Table::Stations, Table::Credentials];

/// What the writing thread works on.
pub(super) struct Transaction {
    tables: Tables,
    log: Log,
    holders: Arc<RecentHolders>,
    /// How many groups changed registrations.
    registrations: Arc<AtomicU64>,
    overlay: Group,
    /// What the overlay held before the current change touched it.
    undo: Vec<Undo>,
    /// Of all rows put, those that were put again included.
    bytes: usize,
    /// What runs out, of the whole group.
    expiring: Vec<ExpiryNote>,
    head: AuditHead,
    durable_head: AuditHead,
    pub(super) floors: Floors,
    pub(super) recent_codes: RecentCodes,
}

impl Transaction {
    pub(super) fn new(
        tables: Tables,
        log: Log,
        holders: Arc<RecentHolders>,
        recent_codes: RecentCodes,
        head: AuditHead,
    ) -> Self {
        Self {
            tables,
            log,
            holders,
            registrations: Arc::default(),
            overlay: Group::default(),
            undo: Vec::new(),
            bytes: 0,
            expiring: Vec::new(),
            head,
            durable_head: head,
            floors: Floors::default(),
            recent_codes,
        }
    }

    /// Goes up with each group that changes registrations, before that group's changes are told to be done.
    pub(super) fn registrations(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.registrations)
    }

    /// About how large the group is by now.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
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
                let rows = self.overlay.table_mut(table);
                match before {
                    Some(value) => rows.insert(key, value),
                    None => rows.remove(&key),
                };
            }
        }
        result
    }

    pub(super) fn find(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.overlay.table(table).get(key) {
            Some(value) => Ok(value.clone()),
            None => self.tables.find(table, key),
        }
    }

    /// Rows whose key starts with a prefix, in order.
    pub(super) fn scan(&self, table: Table, prefix: &[u8]) -> Result<Vec<Row>, StoreError> {
        let mut rows: BTreeMap<_, _> = self.tables.scan(table, prefix).collect::<Result<_, _>>()?;
        let changed = self.overlay.table(table).range(prefix.to_vec()..);
        for (key, value) in changed.take_while(|(key, _)| key.starts_with(prefix)) {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(rows.into_iter().collect())
    }

    /// Rows as earlier groups left them, from a key on, without what this one changed.
    pub(super) fn before(
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
        self.bytes += key.len() + value.as_ref().map_or(0, Vec::len);
        let before = self.overlay.table_mut(table).insert(key.to_vec(), value);
        self.undo.push((table, key.to_vec(), before));
    }

    /// Keeps in mind when a row is to be forgotten.
    pub(super) fn note(&mut self, expiry: ExpiryNote) {
        self.expiring.push(expiry);
    }

    /// Appends to the audit chain, and to the trails of the venues that are concerned; returns the entry's number.
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

    /// Writes the group to the log with one fsync. Readers see it after that, not before.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        self.undo.clear();
        self.bytes = 0;
        self.tables.pending().check()?;
        let mut group = std::mem::take(&mut self.overlay);
        let noted = std::mem::take(&mut self.expiring);
        let rows = expiry_rows(noted, self.log.next());
        group.table_mut(Table::Expiries).extend(rows.map(|(key, more)| (key, Some(more))));
        if group.is_empty() {
            return Ok(());
        }
        if self.head != self.durable_head {
            let head = encode_head(&self.head);
            group.table_mut(Table::Meta).insert(AUDIT_HEAD.to_vec(), Some(head));
        }
        let written = self.write(group);
        self.head = if written.is_ok() { self.head } else { self.durable_head };
        self.durable_head = self.head;
        written
    }

    fn write(&mut self, group: Group) -> Result<(), StoreError> {
        let pending = self.tables.pending();
        self.log.append(&group, pending)?;
        let passes: Vec<_> = group.table(Table::Passes).keys().cloned().collect();
        let registers = REGISTRATIONS.into_iter().any(|table| !group.table(table).is_empty());
        pending.push(group);
        self.holders.forget(&passes);
        if registers {
            self.registrations.fetch_add(1, Ordering::Release);
        }
        Ok(())
    }
}
