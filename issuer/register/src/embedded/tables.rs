//! The tables of the embedded store, and how they are opened.

use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use fjall::compaction::Leveled;
use fjall::config::{CompressionPolicy, FilterPolicy, PartitioningPolicy, PinningPolicy};
use fjall::{
    CompressionType, Database, Guard, Keyspace, KeyspaceCreateOptions, PersistMode, Readable,
    Snapshot,
};

use super::background::in_background;
use super::pacing::paced;
use crate::StoreError;
use crate::backend::{Before, KeyRange, RawRow, RawRows, View};
use crate::rows::{TABLES, Table};
use crate::rules::{Changes, MAX_KEY_BYTES};

/// The names that the tables have on disk, by their places.
const NAMES: [&str; TABLES] = [
    "meta",
    "persons",
    "lookup",
    "grants",
    "grant-codes",
    "tokens",
    "families",
    "families-of",
    "expiries",
    "passes",
    "holdings",
    "statuses",
    "venues",
    "credentials",
    "used-codes",
    "audit",
    "uses",
    "retries",
    "gates",
    "offline-uses",
    "trails",
    "device-credentials",
    "requests",
    "sites",
    "stations",
    "staff-credentials",
    "events",
    "receipts",
    "receipt-ids",
    "set-aside",
    "grants-of",
];

/// Small caches: the service is to stay under 150 MB with a million citizens.
const CACHE_BYTES: u64 = 8 << 20;
/// The journal is read again at opening: a small one makes for a short start.
const JOURNAL_BYTES: u64 = 64 << 20;
/// Tables that every scan writes to gather more before they are flushed; all others are small or written
/// rarely.
const HOT_MEMTABLE_BYTES: u64 = 4 << 20;
const MEMTABLE_BYTES: u64 = 2 << 20;
/// A file of a hot table: it goes to the disk at once when it is whole, and scans that reach the disk
/// meanwhile wait.
const HOT_FILE_BYTES: u64 = 8 << 20;
/// Of several, fjall's first only flushes, and takes a core to hand merges back to the queue while another
/// merges.
const WORKERS: usize = 1;

/// The open tables.
pub(super) struct Tables {
    database: Database,
    keyspaces: Vec<Keyspace>,
    #[cfg(test)]
    pub(super) fault: super::fault::Fault,
}

impl Tables {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let builder = Database::builder(path)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES)
            .worker_threads(WORKERS)
            .with_compaction_filter_factories(Arc::new(|_| Some(paced())));
        let database = in_background(|| builder.open())?.map_err(opening)?;
        let keyspaces: Result<_, _> =
            NAMES.iter().map(|name| database.keyspace(name, || options(name))).collect();
        Ok(Self {
            keyspaces: keyspaces.map_err(opening)?,
            database,
            #[cfg(test)]
            fault: Default::default(),
        })
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    pub(super) fn keyspaces(&self) -> &[Keyspace] {
        &self.keyspaces
    }

    pub(super) fn keyspace(&self, table: Table) -> &Keyspace {
        &self.keyspaces[table as usize]
    }

    /// Writes a group of changes with one fsync.
    pub(super) fn write(&self, changes: Changes<'_>) -> Result<(), StoreError> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncAll));
        changes.for_each(|table, key, value| match value {
            Some(value) => batch.insert(self.keyspace(table), key, value),
            None => batch.remove(self.keyspace(table), key),
        });
        #[cfg(test)]
        let batch = self.fault.pass(batch)?;
        batch.commit().map_err(|error| StoreError::Disk(error.to_string()))
    }

    /// Puts rows back as they were, with one fsync.
    pub(super) fn put_back<'a>(
        &self,
        rows: impl Iterator<Item = &'a Before>,
    ) -> Result<(), StoreError> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncAll));
        for Before { table, key, value } in rows {
            match value {
                Some(value) => batch.insert(self.keyspace(*table), key, value),
                None => batch.remove(self.keyspace(*table), key.as_slice()),
            }
        }
        batch.commit().map_err(|error| StoreError::Disk(error.to_string()))
    }
}

impl View for Tables {
    fn find_bytes(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        // No row has such a key, and fjall panics for it.
        if key.len() > MAX_KEY_BYTES {
            return Ok(None);
        }
        let found = self.keyspace(table).get(key).map_err(reading)?;
        Ok(found.map(|value| value.to_vec()))
    }

    fn range(&self, table: Table, range: KeyRange) -> RawRows {
        if range.is_empty() {
            return Box::new(std::iter::empty());
        }
        Box::new(self.keyspace(table).range::<Vec<u8>, _>(bounds(range)).map(read))
    }

    fn range_back(&self, table: Table, range: KeyRange) -> RawRows {
        if range.is_empty() {
            return Box::new(std::iter::empty());
        }
        Box::new(self.keyspace(table).range::<Vec<u8>, _>(bounds(range)).rev().map(read))
    }

    fn snapshot(&self) -> Box<dyn View + '_> {
        Box::new(Frozen { tables: self, snapshot: self.database.snapshot() })
    }
}

/// The tables at one moment.
struct Frozen<'a> {
    tables: &'a Tables,
    snapshot: Snapshot,
}

impl View for Frozen<'_> {
    fn find_bytes(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        // No row has such a key, and fjall panics for it.
        if key.len() > MAX_KEY_BYTES {
            return Ok(None);
        }
        let found = self.snapshot.get(self.tables.keyspace(table), key).map_err(reading)?;
        Ok(found.map(|value| value.to_vec()))
    }

    fn range(&self, table: Table, range: KeyRange) -> RawRows {
        if range.is_empty() {
            return Box::new(std::iter::empty());
        }
        let keyspace = self.tables.keyspace(table);
        Box::new(self.snapshot.range::<Vec<u8>, _>(keyspace, bounds(range)).map(read))
    }

    fn range_back(&self, table: Table, range: KeyRange) -> RawRows {
        if range.is_empty() {
            return Box::new(std::iter::empty());
        }
        let keyspace = self.tables.keyspace(table);
        Box::new(self.snapshot.range::<Vec<u8>, _>(keyspace, bounds(range)).rev().map(read))
    }

    fn snapshot(&self) -> Box<dyn View + '_> {
        Box::new(Frozen { tables: self.tables, snapshot: self.snapshot.clone() })
    }
}

fn bounds(KeyRange { from, below }: KeyRange) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let (from, is_cut) = cut(from);
    let from = if is_cut { Bound::Excluded(from) } else { Bound::Included(from) };
    let below = below.map_or(Bound::Unbounded, |below| match cut(below) {
        (below, true) => Bound::Included(below),
        (below, false) => Bound::Excluded(below),
    });
    (from, below)
}

/// What is longer than a key can be lies right after its beginning: fjall panics for it.
fn cut(mut key: Vec<u8>) -> (Vec<u8>, bool) {
    let is_long = key.len() > MAX_KEY_BYTES;
    key.truncate(MAX_KEY_BYTES);
    (key, is_long)
}

fn read(row: Guard) -> Result<RawRow, StoreError> {
    let (key, value) = row.into_inner().map_err(reading)?;
    Ok((key.to_vec(), value.to_vec()))
}

fn options(name: &str) -> KeyspaceCreateOptions {
    let options = KeyspaceCreateOptions::default();
    match name {
        "used-codes" => hot(options),
        // Read by ranges or by numbers that are there: filters would only cost memory.
        "audit" | "uses" | "trails" => hot(options).filter_policy(FilterPolicy::disabled()),
        "holdings" | "statuses" | "families-of" | "expiries" | "device-credentials"
        | "staff-credentials" | "events" | "grants-of" => {
            options.max_memtable_size(MEMTABLE_BYTES).filter_policy(FilterPolicy::disabled())
        }
        // Any of a city's rows may be the next one asked for. Where each lies is kept at hand, 4 MB for a
        // million persons; in the cache these blocks would be driven out by those of rows that nobody asks
        // for twice.
        "persons" | "passes" => options
            .max_memtable_size(MEMTABLE_BYTES)
            .index_block_partitioning_policy(PartitioningPolicy::all(false))
            .index_block_pinning_policy(PinningPolicy::all(true))
            .filter_block_partitioning_policy(PartitioningPolicy::all(false))
            .filter_block_pinning_policy(PinningPolicy::all(true)),
        _ => options.max_memtable_size(MEMTABLE_BYTES),
    }
}

fn hot(options: KeyspaceCreateOptions) -> KeyspaceCreateOptions {
    let strategy = Leveled::default().with_table_target_size(HOT_FILE_BYTES);
    options
        .max_memtable_size(HOT_MEMTABLE_BYTES)
        .compaction_strategy(Arc::new(strategy))
        .data_block_compression_policy(CompressionPolicy::all(CompressionType::Lz4))
}

fn opening(error: fjall::Error) -> StoreError {
    match error {
        fjall::Error::Locked => StoreError::InUse,
        fjall::Error::InvalidVersion(_) => {
            StoreError::NewerFormat { found: u32::MAX, known: super::FORMAT_VERSION }
        }
        other => StoreError::Disk(other.to_string()),
    }
}

fn reading(error: fjall::Error) -> StoreError {
    match error {
        fjall::Error::Io(error) => StoreError::Disk(error.to_string()),
        _ => StoreError::Damaged("a table"),
    }
}
