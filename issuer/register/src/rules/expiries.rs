//! What runs out: noted as it is written, and forgotten in order.

use super::transaction::Transaction;
use super::{copied, grants};
use crate::StoreError;
use crate::backend::KeyRange;
use crate::rows::{
    All, Events, Expiries, Expiring, ExpiryKey, Families, FamiliesOf, OfflineUses, ReceiptIds,
    Receipts, ReceiptsSetAside, Requests, Retries, RunsOut, Tokens, Uses, device_of,
};

/// The most keys in a row of [`Expiries`].
const MAX_KEYS_PER_ROW: usize = 64;

/// The rows of what a group of changes noted: keys of one kind and second share rows.
pub(super) fn expiry_rows(mut notes: Vec<ExpiryKey>) -> Vec<(ExpiryKey, Vec<[u8; 32]>)> {
    notes.sort_unstable();
    let mut rows: Vec<(ExpiryKey, Vec<_>)> = Vec::new();
    for note in notes {
        match rows.last_mut() {
            Some((first, more))
                if (first.at, first.kind) == (note.at, note.kind)
                    && more.len() < MAX_KEYS_PER_ROW - 1 =>
            {
                more.push(note.key);
            }
            _ => rows.push((note, Vec::new())),
        }
    }
    rows
}

/// Removes at most `limit` grants, tokens and families that have run out.
pub(super) fn prune(
    transaction: &mut Transaction,
    now: u64,
    limit: usize,
) -> Result<u64, StoreError> {
    let (mut count, mut floor) = (0, transaction.floors.expiries.at());
    let due = KeyRange::from::<Expiries>(&All, &floor);
    for row in transaction.tables().scan_range::<Expiries>(due).take(limit) {
        if count >= limit as u64 {
            break;
        }
        let (first, more) = row?;
        floor = first.at;
        if floor > now {
            break;
        }
        transaction.remove::<Expiries>(&first);
        for key in std::iter::once(&first.key).chain(&more) {
            forget(transaction, first.kind, key, now)?;
            count += 1;
        }
    }
    transaction.floors.expiries.raise(floor);
    Ok(count)
}

/// Removes what a key that ran out names.
fn forget(
    transaction: &mut Transaction,
    kind: Expiring,
    key: &[u8; 32],
    now: u64,
) -> Result<(), StoreError> {
    match kind {
        Expiring::Grant => grants::forget(transaction, key)?,
        Expiring::Token => transaction.remove::<Tokens>(key),
        Expiring::Family => forget_family(transaction, key, now)?,
        Expiring::Use => remove::<Uses>(transaction, key)?,
        Expiring::OfflineUse => remove::<OfflineUses>(transaction, key)?,
        Expiring::Request => remove::<Requests>(transaction, key)?,
        Expiring::Event => remove::<Events>(transaction, key)?,
        Expiring::Retry => transaction.remove::<Retries>(key),
        Expiring::Receipt => remove::<Receipts>(transaction, key)?,
        Expiring::ReceiptId => remove::<ReceiptIds>(transaction, key)?,
        Expiring::SetAside => transaction.remove::<ReceiptsSetAside>(key),
    }
    Ok(())
}

/// Removes the row whose key has this name.
fn remove<R: RunsOut>(transaction: &mut Transaction, name: &[u8; 32]) -> Result<(), StoreError> {
    transaction.remove::<R>(&R::named(name)?);
    Ok(())
}

/// A family whose tokens were renewed since lives on and is looked at again later.
fn forget_family(
    transaction: &mut Transaction,
    key: &[u8; 32],
    now: u64,
) -> Result<(), StoreError> {
    match transaction.find::<Families>(key)? {
        Some(family) if family.expires_at > now => {
            transaction.note_expiry::<Families>(family.expires_at, key);
        }
        Some(family) => {
            transaction.remove::<Families>(key);
            copied::forget(transaction, device_of(key));
            transaction.remove::<FamiliesOf>(&(family.person, *key));
        }
        None => {}
    }
    Ok(())
}
