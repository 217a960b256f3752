//! Scans: used codes and their audit entries; and the forgetting of what has run out.

use data_encoding::BASE64URL_NOPAD;
use szid_protocol::verify::REPLAY_WINDOW;

use crate::audit::AuditEvent;
use crate::store::{ScanRecord, StoreError, UsedCode};

use super::tables::{Table, Tables};
use super::writer::Transaction;
use super::{pass_key, people, read_pass_key, tokens};

pub(super) fn record(
    transaction: &mut Transaction<'_>,
    records: Vec<ScanRecord>,
) -> Result<Vec<bool>, StoreError> {
    records.into_iter().map(|record| record_one(transaction, record)).collect()
}

fn record_one(transaction: &mut Transaction<'_>, record: ScanRecord) -> Result<bool, StoreError> {
    let mut new = true;
    if let Some(used) = &record.used {
        let key = used_key(used);
        new = transaction.find(Table::UsedCodes, &key)?.is_none();
        if new {
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

/// Rows of a kind that one call forgets at most: a large backlog goes in several calls, between which others write.
const PRUNED_AT_ONCE: usize = 10_000;

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

pub(super) fn prune(transaction: &mut Transaction<'_>, now: u64) -> Result<u64, StoreError> {
    let mut rows = tokens::expired(transaction, now)?;
    for row in transaction.on_disk(Table::UsedCodes).take(PRUNED_AT_ONCE) {
        let (key, _) = row?;
        let iat = key.first_chunk::<8>().map_or(0, |iat| u64::from_be_bytes(*iat));
        if iat.saturating_add(REPLAY_WINDOW) > now {
            break;
        }
        rows.push((Table::UsedCodes, key));
    }
    // A day is kept one day longer than its codes could be accepted.
    let past = now.saturating_sub(szid_protocol::day::DAY);
    let mut last_day = 0;
    for row in transaction.on_disk(Table::Passes).take(PRUNED_AT_ONCE) {
        let (key, holder) = row?;
        let (exp, index) = read_pass_key(&key)?;
        if exp > past {
            break;
        }
        rows.push((Table::Statuses, pass_key(exp, index).to_vec()));
        rows.push((Table::Holdings, [holder.as_slice(), &pass_key(exp, index)].concat()));
        rows.push((Table::Passes, key));
        if exp != last_day {
            rows.push((Table::Meta, people::counter_key(exp)));
            last_day = exp;
        }
    }
    let count = rows.len() as u64;
    for (table, key) in rows {
        transaction.remove(table, &key);
    }
    Ok(count)
}
