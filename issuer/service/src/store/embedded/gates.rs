//! Devices that decide without connection.

use crate::store::{Gate, StoreError};

use super::records::{decode, decode_found, encode};
use super::tables::{Table, Tables};
use super::transaction::Transaction;

pub(super) fn key(venue: &str, device: &str) -> Vec<u8> {
    [venue, device].join("\0").into_bytes()
}

pub(super) fn put(
    transaction: &mut Transaction,
    venue: &str,
    device: &str,
    public: [u8; 33],
) -> Result<(), StoreError> {
    let row = key(venue, device);
    let known: Option<Gate> = decode_found(transaction.find(Table::Gates, &row)?)?;
    let new = Gate { key: public, last: 0, digests_from: 1, conflict_at: 0 };
    let gate = known.filter(|gate| gate.key == public).unwrap_or(new);
    transaction.put(Table::Gates, &row, encode(&gate));
    Ok(())
}

/// Whether a device has sent two receipts under one number since then.
pub(super) fn has_conflict(tables: &Tables, since: u64) -> Result<bool, StoreError> {
    for row in tables.scan(Table::Gates, &[]) {
        let gate: Gate = decode(&row?.1)?;
        if gate.conflict_at > since {
            return Ok(true);
        }
    }
    Ok(false)
}
