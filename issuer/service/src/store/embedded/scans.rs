//! Scans: used codes and their audit entries.

use data_encoding::BASE64URL_NOPAD;

use crate::audit::AuditEvent;
use crate::store::{ScanRecord, StoreError, UsedCode};

use super::tables::{Table, Tables};
use super::transaction::Transaction;

pub(super) fn record(
    transaction: &mut Transaction,
    records: Vec<ScanRecord>,
) -> Result<Vec<bool>, StoreError> {
    records.into_iter().map(|record| record_one(transaction, record)).collect()
}

fn record_one(transaction: &mut Transaction, record: ScanRecord) -> Result<bool, StoreError> {
    let mut new = true;
    if let Some(used) = &record.used {
        let key = used_key(used);
        new = !transaction.contains(Table::UsedCodes, &key)?;
        if new {
            transaction.floors.used_codes = transaction.floors.used_codes.min(used.iat);
            transaction.put(Table::UsedCodes, &key, used.operator.to_vec());
        }
    }
    let event = AuditEvent::Scan {
        receipt: BASE64URL_NOPAD.encode(&record.receipt),
        venue: record.venue,
        device: record.device,
        scene: record.scene,
        accepted: record.accepted,
        reason: record.reason.into(),
    };
    transaction.audit(event, record.at)?;
    Ok(new)
}

/// The second comes first, so that old ones lie together.
fn used_key(used: &UsedCode) -> [u8; 24] {
    let mut key = [0; 24];
    key[..8].copy_from_slice(&used.iat.to_be_bytes());
    key[8..].copy_from_slice(&used.device);
    key
}

pub(super) fn used_codes(tables: &Tables, since: u64) -> Result<Vec<UsedCode>, StoreError> {
    let rows = tables.scan_from(Table::UsedCodes, &since.to_be_bytes());
    rows.map(|row| {
        let (key, value) = row?;
        let read = || {
            let (iat, device) = key.split_first_chunk::<8>()?;
            let operator = value.as_slice().try_into().ok()?;
            Some(UsedCode {
                device: device.try_into().ok()?,
                iat: u64::from_be_bytes(*iat),
                operator,
            })
        };
        read().ok_or(StoreError::Damaged("a used code"))
    })
    .collect()
}
