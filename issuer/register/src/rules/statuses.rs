//! The statuses of a person's passes.

use std::collections::BTreeSet;

use super::families;
use super::transaction::Transaction;
use crate::backend::View;
use crate::rows::{Holding, Holdings, Status, Statuses};
use crate::{DeviceId, PersonId, Session, StatusChange, StoreError};

pub(super) const VALID: u8 = 0;
pub(crate) const REVOKED: u8 = 1;
pub(super) const SUSPENDED: u8 = 2;

/// Gives a person's passes another status, by their device. What was revoked stays so. Past days are not left
/// out: the clock may be wrong, and they go soon.
pub(super) fn set(
    transaction: &mut Transaction,
    person: PersonId,
    status_for: impl Fn(Option<DeviceId>) -> Option<u8>,
) -> Result<Vec<StatusChange>, StoreError> {
    let mut changes = Vec::new();
    for ((_, pass), holding) in transaction.scan::<Holdings>(&person)? {
        let Some(status) = status_for(device_of(holding)) else { continue };
        if transaction.find::<Statuses>(&pass)? == Some(Status(REVOKED)) {
            continue;
        }
        if status == VALID {
            transaction.remove::<Statuses>(&pass);
        } else {
            transaction.floors.statuses.lower(pass.exp);
            transaction.put::<Statuses>(&pass, &Status(status));
        }
        changes.push(StatusChange { exp: pass.exp, index: pass.index, status });
    }
    Ok(changes)
}

/// The device that a pass was issued to; none where an older format kept none.
fn device_of(holding: Option<Holding>) -> Option<DeviceId> {
    holding.map(|holding| holding.device)
}

/// True where a pass of this device was revoked, for today or a later day, and none has taken its place.
pub(super) fn lacks_passes(
    tables: &dyn View,
    Session { person, device }: Session,
    now: u64,
) -> Result<bool, StoreError> {
    let (mut revoked, mut replaced) = (BTreeSet::new(), BTreeSet::new());
    for row in tables.scan::<Holdings>(&person) {
        let ((_, pass), holding) = row?;
        // One that names no device may be this one's.
        if pass.exp <= now || device_of(holding).is_some_and(|of| of != device) {
            continue;
        }
        let is_revoked = tables.find::<Statuses>(&pass)? == Some(Status(REVOKED));
        let days = if is_revoked { &mut revoked } else { &mut replaced };
        days.insert(pass.exp);
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
    for ((_, pass), holding) in transaction.scan::<Holdings>(&person)? {
        match transaction.find::<Statuses>(&pass)? {
            None if pass.exp > at => valid.extend(device_of(holding)),
            Some(Status(SUSPENDED)) => suspended.extend(device_of(holding)),
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
