//! What the register keeps of time: when the clock was last right, and up to when something was forgotten.

use super::audit_rows::{audit_entry, read_head};
use super::tables::{
    AUDIT_HEAD, CHECKED_TIME, DAYS_FORGOTTEN, SETTLED_TIME, Table, Tables, USED_CODES_FORGOTTEN,
};
use super::transaction::Transaction;
use crate::StoreError;
use crate::audit::AuditEvent;

/// Up to when rows were forgotten. What is not found and lies at or before it may have been there: nothing of
/// it is new.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Forgotten {
    /// The newest second of a used code.
    pub(super) used_codes: u64,
    /// The newest day of a pass.
    pub(super) days: u64,
}

impl Forgotten {
    pub(super) fn read(tables: &Tables) -> Result<Self, StoreError> {
        Ok(Self {
            used_codes: used_codes_forgotten(tables)?,
            days: read_time(tables, DAYS_FORGOTTEN)?.unwrap_or(0),
        })
    }
}

/// The newest second of a used code that was forgotten.
pub(super) fn used_codes_forgotten(tables: &Tables) -> Result<u64, StoreError> {
    Ok(read_time(tables, USED_CODES_FORGOTTEN)?.unwrap_or(0))
}

fn read_time(tables: &Tables, name: &[u8]) -> Result<Option<u64>, StoreError> {
    decode(tables.find(Table::Meta, name)?)
}

/// A time as it is kept.
pub(super) fn decode(row: Option<Vec<u8>>) -> Result<Option<u64>, StoreError> {
    let Some(bytes) = row else { return Ok(None) };
    let time = bytes.try_into().map(u64::from_be_bytes);
    time.map(Some).map_err(|_| StoreError::Damaged("a time"))
}

pub(super) fn put_time(transaction: &mut Transaction, name: &[u8], time: u64) {
    transaction.put(Table::Meta, name, time.to_be_bytes().to_vec());
}

pub(super) fn checked(tables: &Tables) -> Result<Option<u64>, StoreError> {
    if let Some(time) = read_time(tables, CHECKED_TIME)? {
        return Ok(Some(time));
    }
    let newest = read_head(tables.find(Table::Meta, AUDIT_HEAD)?)?.number.to_be_bytes();
    let Some(row) = tables.find(Table::Audit, &newest)? else { return Ok(None) };
    Ok(Some(audit_entry((newest.to_vec(), row))?.at))
}

pub(super) fn settled(tables: &Tables) -> Result<Option<u64>, StoreError> {
    read_time(tables, SETTLED_TIME)
}

pub(super) fn confirm(
    transaction: &mut Transaction,
    actor: String,
    step: i64,
    at: u64,
) -> Result<(), StoreError> {
    put_time(transaction, CHECKED_TIME, at);
    put_time(transaction, SETTLED_TIME, at);
    transaction.audit(AuditEvent::ClockConfirmed { actor, step }, at).map(drop)
}
