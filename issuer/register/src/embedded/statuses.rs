//! The statuses of a person's passes.

use std::collections::BTreeSet;

use szid_protocol::pass::STATUS_LIST_ENTRIES;

use super::holdings::device_of;
use super::pass_keys::{pass_key, read_pass_key};
use super::tables::{Table, Tables};
use super::transaction::Transaction;
use super::{families, people};
use crate::{DeviceId, PersonId, Session, StatusChange, StoreError};

pub(super) const VALID: u8 = 0;
pub(super) const REVOKED: u8 = 1;
pub(super) const SUSPENDED: u8 = 2;

/// Gives a person's passes another status, by their device. What was revoked stays so. Past days are not left
/// out: the clock may be wrong, and they go soon.
pub(super) fn set(
    transaction: &mut Transaction,
    person: PersonId,
    status_for: impl Fn(Option<DeviceId>) -> Option<u8>,
) -> Result<Vec<StatusChange>, StoreError> {
    let mut changes = Vec::new();
    for (key, holding) in transaction.scan(Table::Holdings, &person.0)? {
        let Some(status) = status_for(device_of(&holding)) else { continue };
        let (exp, index) = read_pass_key(&key[person.0.len()..])?;
        let row = pass_key(exp, index);
        let before = transaction.find(Table::Statuses, &row)?;
        if before.as_deref() == Some(&[REVOKED]) {
            continue;
        }
        if status == VALID {
            transaction.remove(Table::Statuses, &row);
        } else {
            transaction.put(Table::Statuses, &row, vec![status]);
        }
        changes.push(StatusChange { exp, index, status });
    }
    count_list_changes(transaction, &changes)?;
    Ok(changes)
}

pub(super) fn count_list_changes(
    transaction: &mut Transaction,
    changes: &[StatusChange],
) -> Result<(), StoreError> {
    let lists: BTreeSet<_> =
        changes.iter().map(|change| (change.exp, change.index / STATUS_LIST_ENTRIES)).collect();
    for (exp, list) in lists {
        let key = people::list_key(exp, list);
        let count = people::list_changes(transaction.find(Table::Meta, &key)?)? + 1;
        transaction.put(Table::Meta, &key, count.to_be_bytes().to_vec());
    }
    Ok(())
}

/// True where a pass of this device was revoked, for today or a later day, and none has taken its place.
pub(super) fn lacks_passes(
    tables: &Tables,
    Session { person, device }: Session,
    now: u64,
) -> Result<bool, StoreError> {
    let (mut revoked, mut replaced) = (BTreeSet::new(), BTreeSet::new());
    for row in tables.scan(Table::Holdings, &person.0) {
        let (key, holding) = row?;
        let (exp, index) = read_pass_key(&key[person.0.len()..])?;
        // One that names no device may be this one's.
        if exp <= now || device_of(&holding).is_some_and(|of| of != device) {
            continue;
        }
        let status = tables.find(Table::Statuses, &pass_key(exp, index))?;
        let days = if status.as_deref() == Some(&[REVOKED]) { &mut revoked } else { &mut replaced };
        days.insert(exp);
    }
    Ok(!revoked.is_subset(&replaced))
}

/// The devices of a person that are not ended, with valid passes and none that is suspended.
pub(super) fn good_devices(
    transaction: &Transaction,
    person: PersonId,
    at: u64,
) -> Result<Vec<DeviceId>, StoreError> {
    let (mut valid, mut suspended) = (BTreeSet::new(), BTreeSet::new());
    for (key, holding) in transaction.scan(Table::Holdings, &person.0)? {
        let (exp, index) = read_pass_key(&key[person.0.len()..])?;
        match transaction.find(Table::Statuses, &pass_key(exp, index))?.as_deref() {
            None if exp > at => valid.extend(device_of(&holding)),
            Some([SUSPENDED]) => suspended.extend(device_of(&holding)),
            _ => {}
        }
    }
    let mut good = Vec::new();
    for device in valid.difference(&suspended) {
        if families::is_there(transaction, person, *device)? {
            good.push(*device);
        }
    }
    Ok(good)
}
