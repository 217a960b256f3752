//! The tables of the embedded store, and how they are opened.

use std::path::Path;
use std::sync::Arc;

use fjall::compaction::Leveled;
use fjall::config::{CompressionPolicy, FilterPolicy, PartitioningPolicy, PinningPolicy};
use fjall::{
    CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode, Snapshot, UserValue,
};

use crate::store::StoreError;

use super::background::in_background;
use super::group::Group;
use super::pacing::paced;
use super::pending::Pending;
use super::view::View;

/// One table each; keys are big-endian, so that they sort by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub(super) enum Table {
    /// Format, secret, audit head, counters of days.
    Meta,
    /// Person id -> person.
    Persons,
    /// Look-up hash -> person id.
    Lookup,
    /// Hash of the offer's id -> grant.
    Grants,
    /// Hash of the pre-authorised code -> hash of the offer's id.
    GrantCodes,
    /// Hash of a token -> token.
    Tokens,
    /// Family id -> family.
    Families,
    /// Person id, family id -> nothing.
    FamiliesOf,
    /// Second, kind, key -> more keys: what runs out when.
    Expiries,
    /// Day, index -> holder: what the holder's row says of id, account and class.
    Passes,
    /// Person id, day, index -> nothing.
    Holdings,
    /// Day, index -> status, where it is not valid.
    Statuses,
    /// Venue id -> venue.
    Venues,
    /// Hash of the secret -> credential.
    Credentials,
    /// Second, device digest -> operator digest.
    UsedCodes,
    /// Number -> digest and entry.
    Audit,
    /// Person id, receipt -> use.
    Uses,
    /// Hash of device and key -> what the request came to.
    Retries,
    /// Venue id, zero, device -> gate.
    Gates,
    /// Second, device digest -> receipt that used the code without connection.
    OfflineUses,
    /// Venue id, zero, second, receipt, kind -> number of the audit entry.
    Trails,
    /// Venue id, zero, device, zero, hash of the secret -> nothing.
    DeviceCredentials,
    /// Circle, id -> act that waits for a second person.
    Requests,
    /// Venue id, zero, site id -> site.
    Sites,
    /// Venue id, zero, device -> what it is registered for.
    Stations,
}

/// How many tables there are.
pub(super) const TABLES: usize = 25;

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
];

pub(super) const FORMAT: &[u8] = b"format";
pub(super) const SECRET: &[u8] = b"index-secret";
pub(super) const AUDIT_HEAD: &[u8] = b"audit-head";

pub(super) const AUDIT_BASE: &[u8] = b"audit-base";
/// The number of the last group of the log that the tables have.
const APPLIED: &[u8] = b"log-applied";

/// Small caches: the service is to stay under 150 MB with a million citizens.
const CACHE_BYTES: u64 = 8 << 20;
/// The journal is read again at opening: a small one makes for a short start.
const JOURNAL_BYTES: u64 = 64 << 20;
/// Tables that every scan writes to gather more before they are flushed; all others are small or written rarely.
const HOT_MEMTABLE_BYTES: u64 = 4 << 20;
const MEMTABLE_BYTES: u64 = 2 << 20;
/// A file of a hot table: it goes to the disk at once when it is whole, and scans that reach the disk meanwhile wait.
const HOT_FILE_BYTES: u64 = 8 << 20;
/// Two, of which fjall lets one flush only, so that flushes do not wait for tables to be merged.
const WORKERS: usize = 1;

/// A row: key and value.
pub(super) type Row = (Vec<u8>, Vec<u8>);

/// The open tables.
#[derive(Clone)]
pub(super) struct Tables {
    database: Database,
    keyspaces: Vec<Keyspace>,
    pending: Arc<Pending>,
}

impl Tables {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let builder = Database::builder(path)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES)
            .worker_threads(WORKERS)
            .with_compaction_filter_factories(Arc::new(|_| Some(paced())));
        let database = in_background(|| builder.open())
            .map_err(|error| StoreError::Disk(error.to_string()))?
            .map_err(opening)?;
        let keyspaces: Result<_, _> =
            NAMES.iter().map(|name| database.keyspace(name, || options(name))).collect();
        Ok(Self { keyspaces: keyspaces.map_err(opening)?, database, pending: Arc::default() })
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    pub(super) fn keyspace(&self, table: Table) -> &Keyspace {
        &self.keyspaces[table as usize]
    }

    /// What waits to come to the tables.
    pub(super) fn pending(&self) -> &Arc<Pending> {
        &self.pending
    }

    /// The number of the last group of the log that is in the tables.
    pub(super) fn applied(&self) -> Result<u64, StoreError> {
        let Some(number) = self.find(Table::Meta, APPLIED)? else { return Ok(0) };
        number.try_into().map(u64::from_be_bytes).map_err(|_| StoreError::Damaged("log-applied"))
    }

    /// Brings groups of the log to the tables, the oldest first, the last of this number: all of them or none.
    pub(super) fn apply(&self, groups: &[Arc<Group>], last: u64) -> Result<(), StoreError> {
        if groups.is_empty() {
            return Ok(());
        }
        let mut batch = self.database.batch();
        for (at, group) in groups.iter().enumerate() {
            let newer = &groups[at + 1..];
            for (table, (keyspace, rows)) in self.keyspaces.iter().zip(group.tables()).enumerate() {
                for (key, value) in rows {
                    // A batch knows no order: of several changes of a row it may have one only.
                    if newer.iter().any(|group| group.tables()[table].contains_key(key)) {
                        continue;
                    }
                    match value {
                        Some(value) => batch.insert(keyspace, key.as_slice(), value.as_slice()),
                        None => batch.remove(keyspace, key.as_slice()),
                    }
                }
            }
        }
        batch.insert(self.keyspace(Table::Meta), APPLIED, last.to_be_bytes());
        batch.commit().map_err(writing)
    }

    /// Returns when all that was applied is on disk.
    pub(super) fn to_disk(&self) -> Result<(), StoreError> {
        self.database.persist(PersistMode::SyncAll).map_err(writing)
    }

    /// What a row is, with all that the log has.
    pub(super) fn find(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(waiting) = self.pending.find(table, key) {
            return Ok(waiting);
        }
        found(self.keyspace(table).get(key))
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.database.snapshot()
    }

    /// Rows whose key starts with a prefix, in order.
    pub(super) fn scan(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<Row, StoreError>> + use<> {
        View::new(self).with_prefix(table, prefix)
    }

    /// Rows from a key to before another, the last first.
    pub(super) fn scan_back(
        &self,
        table: Table,
        start: &[u8],
        end: &[u8],
    ) -> impl Iterator<Item = Result<Row, StoreError>> + use<> {
        View::new(self).back(table, start, end)
    }

    /// Rows from a key on, in order.
    pub(super) fn scan_from(
        &self,
        table: Table,
        start: &[u8],
    ) -> impl Iterator<Item = Result<Row, StoreError>> + use<> {
        View::new(self).from(table, start)
    }
}

fn options(name: &str) -> KeyspaceCreateOptions {
    let options = KeyspaceCreateOptions::default();
    match name {
        "used-codes" => hot(options),
        // Read by ranges or by numbers that are there: filters would only cost memory.
        "audit" | "uses" | "trails" => hot(options).filter_policy(FilterPolicy::disabled()),
        "holdings" | "statuses" | "families-of" | "expiries" | "device-credentials" => {
            options.max_memtable_size(MEMTABLE_BYTES).filter_policy(FilterPolicy::disabled())
        }
        // Any of a city's rows may be the next one asked for. Where each lies is kept at hand, 4 MB for a million persons; in
        // the cache these blocks would be driven out by those of rows that nobody asks for twice.
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

/// What fjall found, as rows are kept here.
pub(super) fn found(
    row: Result<Option<UserValue>, fjall::Error>,
) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(row.map_err(reading)?.map(|value| value.to_vec()))
}

fn writing(error: fjall::Error) -> StoreError {
    StoreError::Disk(error.to_string())
}

pub(super) fn reading(error: fjall::Error) -> StoreError {
    match error {
        fjall::Error::Io(error) => StoreError::Disk(error.to_string()),
        _ => StoreError::Damaged("a table"),
    }
}
