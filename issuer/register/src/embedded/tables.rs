//! The tables of the embedded store, and how they are opened.

use std::path::Path;
use std::sync::Arc;

use fjall::compaction::Leveled;
use fjall::config::{CompressionPolicy, FilterPolicy, PartitioningPolicy, PinningPolicy};
use fjall::{
    CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable, Snapshot,
};

use super::background::in_background;
use super::pacing::paced;
use crate::StoreError;

/// One table each; keys are big-endian, so that they sort by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub(super) enum Table {
    /// Format, secret, audit head, counters of days, what is kept of time.
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
    /// Day, index -> holder, which is what its row says of id, account and class, and digest of the device
    /// key.
    Passes,
    /// Person id, day, index -> the person's device and when it got the pass, where that is known.
    Holdings,
    /// Day, index -> status, where it is not valid.
    Statuses,
    /// Venue id -> venue.
    Venues,
    /// Hash of the secret -> credential.
    Credentials,
    /// Second, device digest -> operator digest, number of the audit entry of the first use.
    UsedCodes,
    /// Number -> digest and entry.
    Audit,
    /// Person id, receipt -> use.
    Uses,
    /// Hash of device and key -> what the request came to: a scan, or a report of a loss.
    Retries,
    /// Venue id, zero, device -> gate.
    Gates,
    /// Second, device digest -> receipt that used the code without connection. Written up to format 4; its
    /// rows run out.
    OfflineUses,
    /// Venue id, zero, second, receipt, kind -> number of the audit entry.
    Trails,
    /// Venue id, zero, device, zero, hash of the secret -> nothing.
    DeviceCredentials,
    /// Approvers, id -> act that waits for a second person.
    Requests,
    /// Venue id, zero, site id -> site.
    Sites,
    /// Venue id, zero, device -> what it is registered for.
    Stations,
    /// Role, venue id of an operator, name, each with a zero, hash of the secret -> nothing.
    StaffCredentials,
    /// Person id, second, number of the audit entry -> event of the account.
    Events,
    /// Digest of venue, device and key, number -> digest of the receipt that was kept first under it.
    Receipts,
    /// Receipt id of a device without connection -> digest of the receipt.
    ReceiptIds,
    /// Digest of a receipt -> the receipt that was set aside.
    SetAside,
    /// Person id, hash of the offer's id -> nothing.
    GrantsOf,
}

impl Table {
    /// Every table, in the order of their names.
    pub(super) const ALL: [Self; TABLES] = [
        Self::Meta,
        Self::Persons,
        Self::Lookup,
        Self::Grants,
        Self::GrantCodes,
        Self::Tokens,
        Self::Families,
        Self::FamiliesOf,
        Self::Expiries,
        Self::Passes,
        Self::Holdings,
        Self::Statuses,
        Self::Venues,
        Self::Credentials,
        Self::UsedCodes,
        Self::Audit,
        Self::Uses,
        Self::Retries,
        Self::Gates,
        Self::OfflineUses,
        Self::Trails,
        Self::DeviceCredentials,
        Self::Requests,
        Self::Sites,
        Self::Stations,
        Self::StaffCredentials,
        Self::Events,
        Self::Receipts,
        Self::ReceiptIds,
        Self::SetAside,
        Self::GrantsOf,
    ];
}

/// How many tables there are.
pub(super) const TABLES: usize = 31;

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

pub(super) const FORMAT: &[u8] = b"format";
pub(super) const SECRET: &[u8] = b"index-secret";
pub(super) const AUDIT_HEAD: &[u8] = b"audit-head";

pub(super) const AUDIT_BASE: &[u8] = b"audit-base";
/// How often the register was put back from a copy, and whether it has a witness.
pub(super) const EPOCH: &[u8] = b"epoch";
pub(super) const WITNESSED: &[u8] = b"witnessed";
/// What the witness had seen when the register was put back last.
pub(super) const RESTORED_FROM: &[u8] = b"restored-from";
/// When that was, and whether a witness told of what came after the copy: for devices whose tokens it lost.
pub(super) const RESTORED_AT: &[u8] = b"restored-at";
/// What was found then.
pub(super) const LAST_RESTORED: &[u8] = b"last-restored";
/// The second of the last try whether the disk takes a row.
pub(super) const DISK_CHECK: &[u8] = b"disk-check";
/// When the clock was last checked.
pub(super) const CHECKED_TIME: &[u8] = b"checked-time";
/// How late it was at least, by a clock that had agreed for long or an operator's word.
pub(super) const SETTLED_TIME: &[u8] = b"settled-time";
/// The newest second of a used code, and the newest day of a pass, that were forgotten.
pub(super) const USED_CODES_FORGOTTEN: &[u8] = b"used-codes-forgotten";
pub(super) const DAYS_FORGOTTEN: &[u8] = b"days-forgotten";

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

/// A row: key and value.
pub(super) type Row = (Vec<u8>, Vec<u8>);

/// A row as it was before a change; without a value where there was none.
pub(super) struct Before {
    table: Table,
    key: Vec<u8>,
    value: Option<Vec<u8>>,
}

impl Before {
    pub(super) fn of(table: Table, key: Vec<u8>, value: Option<Vec<u8>>) -> Self {
        Self { table, key, value }
    }
}

/// The open tables.
pub(super) struct Tables {
    database: Database,
    keyspaces: Vec<Keyspace>,
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
        Ok(Self { keyspaces: keyspaces.map_err(opening)?, database })
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

    pub(super) fn find(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.keyspace(table).get(key).map_err(reading)?;
        Ok(found.map(|value| value.to_vec()))
    }

    pub(super) fn scan(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<Row, StoreError>> + use<> {
        let rows = self.keyspace(table).prefix(prefix);
        rows.map(|row| {
            row.into_inner().map(|(key, value)| (key.to_vec(), value.to_vec())).map_err(reading)
        })
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

    /// Two reads that must not see different states go through one snapshot.
    pub(super) fn snapshot(&self) -> Frozen<'_> {
        Frozen { tables: self, snapshot: self.database.snapshot() }
    }

    /// Rows with a prefix whose key is below `end`, the last first.
    pub(super) fn scan_back(
        &self,
        table: Table,
        prefix: &[u8],
        end: &[u8],
    ) -> impl Iterator<Item = Result<Row, StoreError>> + use<> {
        let rows = self.keyspace(table).range(prefix.to_vec()..end.to_vec());
        rows.rev().map(|row| {
            row.into_inner().map(|(key, value)| (key.to_vec(), value.to_vec())).map_err(reading)
        })
    }

    pub(super) fn scan_from(
        &self,
        table: Table,
        start: &[u8],
    ) -> impl Iterator<Item = Result<Row, StoreError>> + use<> {
        let rows = self.keyspace(table).range(start.to_vec()..);
        rows.map(|row| {
            row.into_inner().map(|(key, value)| (key.to_vec(), value.to_vec())).map_err(reading)
        })
    }
}

/// The tables at one moment.
pub(super) struct Frozen<'a> {
    tables: &'a Tables,
    snapshot: Snapshot,
}

impl Frozen<'_> {
    pub(super) fn find(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.snapshot.get(self.tables.keyspace(table), key).map_err(reading)?;
        Ok(found.map(|value| value.to_vec()))
    }

    pub(super) fn rows(&self, table: Table) -> impl Iterator<Item = Result<Row, StoreError>> {
        self.snapshot.iter(self.tables.keyspace(table)).map(|row| {
            row.into_inner().map(|(key, value)| (key.to_vec(), value.to_vec())).map_err(reading)
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_stands_in_its_own_place() {
        for (place, table) in Table::ALL.into_iter().enumerate() {
            assert_eq!(table as usize, place, "{table:?}");
        }
    }
}
