//! The statuses of a person's passes.

use std::collections::BTreeSet;

use szid_protocol::pass::STATUS_LIST_ENTRIES;

use crate::store::{ACCESS_SECONDS, DeviceId, PersonId, Session, StatusChange, StoreError};

use super::pass_keys::{pass_key, read_pass_key};
use super::tables::{Table, Tables};
use super::transaction::Transaction;
use super::{families, people};

pub(super) const VALID: u8 = 0;
pub(super) const REVOKED: u8 = 1;
pub(super) const SUSPENDED: u8 = 2;

/// What is kept with a person's pass: nothing where it was issued to no device.
pub(super) fn holding(device: Option<DeviceId>, at: u64) -> Vec<u8> {
    device.map_or(Vec::new(), |device| [device.0.as_slice(), &at.to_be_bytes()].concat())
}

/// The device that a pass was issued to; none where an older format kept none.
pub(super) fn device_of(holding: &[u8]) -> Option<DeviceId> {
    holding.first_chunk().copied().map(DeviceId)
}

/// When it was issued, Unix seconds: 0 where that was not kept.
fn given_at(holding: &[u8]) -> u64 {
    holding.get(16..).and_then(|at| at.try_into().ok()).map_or(0, u64::from_be_bytes)
}

/// Whether the key of a pass gives the word of a device.
pub(super) fn speaks_for(
    tables: &Tables,
    Session { person, device }: Session,
    (exp, index): (u64, u32),
    now: u64,
) -> Result<bool, StoreError> {
    let row = [person.0.as_slice(), &pass_key(exp, index)].concat();
    let holding = tables.find(Table::Holdings, &row)?.unwrap_or_default();
    let of = device_of(&holding);
    let at = given_at(&holding);
    if of != Some(device) || now.saturating_sub(at) > ACCESS_SECONDS {
        return Ok(of.is_none_or(|of| of == device));
    }
    let of_day = [person.0.as_slice(), &exp.to_be_bytes()].concat();
    for row in tables.scan(Table::Holdings, &of_day) {
        let other = row?.1;
        if device_of(&other) == of && given_at(&other) < at {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The same for a pass of this person, by its day and index.
pub(super) fn device_of_pass(
    tables: &Tables,
    person: PersonId,
    exp: u64,
    index: u32,
) -> Result<Option<DeviceId>, StoreError> {
    let row = [person.0.as_slice(), &pass_key(exp, index)].concat();
    Ok(tables.find(Table::Holdings, &row)?.and_then(|holding| device_of(&holding)))
}

/// Gives a person's passes another status, by their device. What was revoked stays so. Past days are not left out: the clock may
/// be wrong, and they go soon.
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
