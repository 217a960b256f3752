//! Scans: used codes and their audit entries.

use data_encoding::BASE64URL_NOPAD;
use szid_protocol::verify::{Use, replay_reason};

use crate::audit::AuditEvent;
use crate::store::{ScanOutcome, ScanRecord, StoreError, UsedCode};

use super::tables::{Table, Tables};
use super::transaction::Transaction;

pub(super) fn record(
    transaction: &mut Transaction,
    records: Vec<ScanRecord>,
) -> Result<Vec<Use>, StoreError> {
    records.into_iter().map(|record| record_one(transaction, record)).collect()
}

fn record_one(transaction: &mut Transaction, record: ScanRecord) -> Result<Use, StoreError> {
    let (seen, reason) = match record.outcome {
        ScanOutcome::Refused(reason) => (Use::First, reason),
        ScanOutcome::Good { used, rule } => {
            let seen = remember(transaction, &used)?;
            (seen, replay_reason(seen, rule))
        }
    };
    let event = AuditEvent::Scan {
        receipt: BASE64URL_NOPAD.encode(&record.receipt),
        venue: record.venue,
        device: record.device,
        scene: record.scene,
        accepted: reason.is_accept(),
        reason: reason.code().into(),
    };
    transaction.audit(event, record.at)?;
    Ok(seen)
}

fn remember(transaction: &mut Transaction, used: &UsedCode) -> Result<Use, StoreError> {
    let key = used_key(used);
    if let Some(operator) = transaction.find(Table::UsedCodes, &key)? {
        return Ok(Use::Again { same_operator: operator == used.operator });
    }
    transaction.floors.used_codes = transaction.floors.used_codes.min(used.iat);
    transaction.put(Table::UsedCodes, &key, used.operator.to_vec());
    Ok(Use::First)
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
