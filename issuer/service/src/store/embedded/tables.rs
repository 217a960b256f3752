//! The tables of the embedded store, and how they are opened.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions};

use crate::store::StoreError;

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
    /// Day, index -> person id.
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
}

const NAMES: [&str; 14] = [
    "meta",
    "persons",
    "lookup",
    "grants",
    "grant-codes",
    "tokens",
    "families",
    "passes",
    "holdings",
    "statuses",
    "venues",
    "credentials",
    "used-codes",
    "audit",
];

pub(super) const FORMAT: &[u8] = b"format";
pub(super) const SECRET: &[u8] = b"index-secret";
pub(super) const AUDIT_HEAD: &[u8] = b"audit-head";

/// Small caches: the service is to stay under 150 MB with a million citizens.
const CACHE_BYTES: u64 = 16 << 20;
const MEMTABLE_BYTES: u64 = 8 << 20;
const JOURNAL_BYTES: u64 = 64 << 20;

/// A row: key and value.
pub(super) type Row = (Vec<u8>, Vec<u8>);

/// The open tables.
#[derive(Clone)]
pub(super) struct Tables(Vec<Keyspace>);

impl Tables {
    pub(super) fn open(path: &Path) -> Result<(Database, Self), StoreError> {
        let database = Database::builder(path)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES)
            .open()
            .map_err(opening)?;
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
        let tables: Result<_, _> =
            NAMES.iter().map(|name| database.keyspace(name, options)).collect();
        let tables = tables.map_err(opening)?;
        Ok((database, Self(tables)))
    }

    pub(super) fn keyspace(&self, table: Table) -> &Keyspace {
        &self.0[table as usize]
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
