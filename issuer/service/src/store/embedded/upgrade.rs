//! From an older format to this one: rows that follow from others are made where a store was written without them.

use fjall::{OwnedWriteBatch, PersistMode};

use crate::audit::AuditEntry;
use crate::store::{Credential, StoreError};

use super::records::decode;
use super::tables::{FORMAT, Table, Tables};
use super::{FORMAT_VERSION, audit_row, devices, trails};

/// Rows that one batch carries.
const AT_ONCE: usize = 10_000;

/// Format 1 knew no trails of venues and no list of a venue's devices; format 2 knew no sites, of which nothing follows from
/// other rows. Interrupted, it is done again from the start: the same rows come out.
pub(super) fn to_current(tables: &Tables, from: u32) -> Result<(), StoreError> {
    if from < 2 {
        index_venues(tables)?;
    }
    let mut batch = tables.database().batch();
    batch.insert(tables.keyspace(Table::Meta), FORMAT, FORMAT_VERSION.to_be_bytes());
    commit(batch)
}

fn index_venues(tables: &Tables) -> Result<(), StoreError> {
    let mut batch = tables.database().batch();
    let mut rows = 0;
    let mut put = |table: Table, key: Vec<u8>, value: Vec<u8>| {
        batch.insert(tables.keyspace(table), key, value);
        rows += 1;
        if rows % AT_ONCE == 0 {
            let full = std::mem::replace(&mut batch, tables.database().batch());
            return commit(full);
        }
        Ok(())
    };
    for row in tables.scan(Table::Credentials, &[]) {
        let (hash, row) = row?;
        if let Some(key) = devices::index_key(&hash, &decode::<Credential>(&row)?.bearer) {
            put(Table::DeviceCredentials, key, Vec::new())?;
        }
    }
    for row in tables.scan(Table::Audit, &[]) {
        let (number, _, json) = audit_row(row?)?;
        let entry: AuditEntry =
            serde_json::from_slice(&json).map_err(|_| StoreError::Damaged("an audit entry"))?;
        for key in trails::keys(entry.at, &entry.event) {
            put(Table::Trails, key, number.to_be_bytes().to_vec())?;
        }
    }
    commit(batch)
}

fn commit(batch: OwnedWriteBatch) -> Result<(), StoreError> {
    let written = batch.durability(Some(PersistMode::SyncAll)).commit();
    written.map_err(|error| StoreError::Disk(error.to_string()))
}
