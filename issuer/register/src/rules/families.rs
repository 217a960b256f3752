//! Token families: each is a device of a person.

use super::transaction::Transaction;
use super::{copied, events, grants, requests, statuses};
use crate::audit::AuditEvent;
use crate::backend::{KeyRange, View};
use crate::rows::{Arrival, Families, FamiliesOf, Family, device_of};
use crate::{
    DeviceId, EndReason, Ended, EventKind, HolderDevice, MAX_ENDED, PersonId, Session,
    StatusChange, StoreError, TokenPair,
};

/// When the newest of a pair runs out.
pub(super) fn newest(tokens: &TokenPair) -> u64 {
    tokens.refresh_expires_at.max(tokens.access_expires_at)
}

/// Keeps a new device.
pub(super) fn put_new(
    transaction: &mut Transaction,
    key: &[u8; 32],
    family: &Family,
    arrival: Arrival,
) {
    transaction.put::<Families>(key, family);
    put_arrival(transaction, family.person, key, arrival);
    transaction.note_expiry::<Families>(family.expires_at, key);
}

fn put_arrival(transaction: &mut Transaction, person: PersonId, key: &[u8; 32], arrival: Arrival) {
    transaction.put::<FamiliesOf>(&(person, *key), &arrival);
}

fn arrival(
    transaction: &Transaction,
    person: PersonId,
    key: &[u8; 32],
) -> Result<Arrival, StoreError> {
    Ok(transaction.find::<FamiliesOf>(&(person, *key))?.unwrap_or_default())
}

/// The family that came of a grant, whether or not it was ended since.
pub(super) fn of_grant(
    tables: &dyn View,
    code_hash: &[u8; 32],
) -> Result<Option<Family>, StoreError> {
    tables.find::<Families>(code_hash)
}

/// The same within a transaction, and whether its device has used nothing of what it was given.
pub(super) fn of_taken_grant(
    transaction: &Transaction,
    code_hash: &[u8; 32],
) -> Result<Option<(Family, bool)>, StoreError> {
    let Some(family) = transaction.find::<Families>(code_hash)? else { return Ok(None) };
    let is_untouched = family.ended.is_none()
        && family.previous.is_none()
        && matches!(arrival(transaction, family.person, code_hash)?, Arrival::New { .. });
    Ok(Some((family, is_untouched)))
}

/// Ends the devices that have waited to take the place of others and never got passes: one more has come for
/// that.
pub(super) fn end_waiting(
    transaction: &mut Transaction,
    person: PersonId,
    ending: Ending<'_>,
) -> Result<(), StoreError> {
    for (key, family) in families(transaction, person)? {
        let arrival = arrival(transaction, person, &key)?;
        if matches!(arrival, Arrival::New { replaces: true, .. }) && family.ended.is_none() {
            close(transaction, &key, family, ending)?;
        }
    }
    Ok(())
}

/// A device gets passes: with its first ones those end that it takes the place of. Where two registrars
/// confirmed it, what devices that have ended were given counts no more.
pub(super) fn arrive(
    transaction: &mut Transaction,
    person: PersonId,
    device: DeviceId,
    at: u64,
) -> Result<Vec<StatusChange>, StoreError> {
    let (key, _) = find(transaction, person, device)?.ok_or(StoreError::NotFound)?;
    let Arrival::New { replaces, by_two } = arrival(transaction, person, &key)? else {
        return Ok(Vec::new());
    };
    put_arrival(transaction, person, &key, Arrival::There);
    let mut changes = Vec::new();
    if replaces {
        let ending = Ending { why: EndReason::Replaced, actor: events::HOLDER, at };
        changes = end_others(transaction, person, Some(device), ending)?;
    }
    if by_two {
        for (key, family) in families(transaction, person)? {
            if family.ended.is_some() {
                put_arrival(transaction, person, &key, Arrival::Forgiven);
            }
        }
    }
    Ok(changes)
}

/// True for a device of this person that has got no passes.
pub(super) fn is_new(
    transaction: &Transaction,
    person: PersonId,
    device: DeviceId,
) -> Result<bool, StoreError> {
    let (key, _) = find(transaction, person, device)?.ok_or(StoreError::NotFound)?;
    Ok(matches!(arrival(transaction, person, &key)?, Arrival::New { .. }))
}

/// The devices whose passes count for no quota of the person any more.
pub(super) fn forgiven(
    transaction: &Transaction,
    person: PersonId,
) -> Result<Vec<DeviceId>, StoreError> {
    let mut forgiven = Vec::new();
    for ((_, key), arrival) in transaction.scan::<FamiliesOf>(&person)? {
        if arrival == Arrival::Forgiven {
            forgiven.push(device_of(&key));
        }
    }
    Ok(forgiven)
}

/// A person's families, with their keys.
fn families(
    transaction: &Transaction,
    person: PersonId,
) -> Result<Vec<([u8; 32], Family)>, StoreError> {
    let keys = transaction.keys::<FamiliesOf>(&person)?.into_iter();
    keys.map(|(_, key)| {
        let found = transaction.find::<Families>(&key)?;
        Ok((key, found.ok_or(StoreError::Damaged("a family"))?))
    })
    .collect()
}

/// How many devices a person has.
pub(super) fn count_open(
    transaction: &Transaction,
    person: PersonId,
    now: u64,
) -> Result<usize, StoreError> {
    let families = families(transaction, person)?;
    Ok(families.iter().filter(|(_, family)| family.is_open(now)).count())
}

/// True for a device of this person that is good: neither ended, nor unused for so long that its tokens ran
/// out.
pub(super) fn is_open(
    transaction: &Transaction,
    person: PersonId,
    device: DeviceId,
    now: u64,
) -> Result<bool, StoreError> {
    let found = find(transaction, person, device)?;
    Ok(found.is_some_and(|(_, family)| family.is_open(now)))
}

/// True for a device of this person that nobody has ended. The clock is not asked: it may be wrong, and a
/// freeze must reach every device all the same.
pub(super) fn is_there(
    transaction: &Transaction,
    person: PersonId,
    device: DeviceId,
) -> Result<bool, StoreError> {
    let found = find(transaction, person, device)?;
    Ok(found.is_some_and(|(_, family)| family.ended.is_none()))
}

fn find(
    transaction: &Transaction,
    person: PersonId,
    device: DeviceId,
) -> Result<Option<([u8; 32], Family)>, StoreError> {
    let mut families = families(transaction, person)?;
    let at = families.iter().position(|(key, _)| device_of(key) == device);
    Ok(at.map(|at| families.swap_remove(at)))
}

/// A device by its id alone.
pub(super) fn named(
    transaction: &Transaction,
    device: DeviceId,
) -> Result<Option<([u8; 32], Family)>, StoreError> {
    Ok(transaction.scan::<Families>(&device)?.into_iter().next())
}

/// What a person calls a device.
pub(super) fn name_of(
    transaction: &Transaction,
    person: PersonId,
    device: DeviceId,
) -> Result<Option<String>, StoreError> {
    Ok(find(transaction, person, device)?.map(|(_, family)| family.name))
}

/// Tells a person of what a device does that may be in somebody else's hands: once a day, however often it
/// does so.
pub(super) fn tell_once_a_day(
    transaction: &mut Transaction,
    Session { person, device }: Session,
    kind: EventKind,
    act: &str,
    at: u64,
) -> Result<(), StoreError> {
    let name = name_of(transaction, person, device)?;
    if events::was_told_on_the_day(transaction, person, kind, name.as_deref(), at)? {
        return Ok(());
    }
    let event = AuditEvent::holder_device(act, person, device, events::SERVICE);
    let number = transaction.audit(event, at)?;
    let told = events::Told { kind, device: name, actor: events::SERVICE };
    events::put(transaction, person, told, number, at)
}

/// A person's devices that nobody has ended.
pub(super) fn there(
    transaction: &Transaction,
    person: PersonId,
) -> Result<Vec<DeviceId>, StoreError> {
    let families = families(transaction, person)?.into_iter();
    let there = families.filter(|(_, family)| family.ended.is_none());
    Ok(there.map(|(key, _)| device_of(&key)).collect())
}

/// A person's devices that were ended.
pub(super) fn ended(
    transaction: &Transaction,
    person: PersonId,
) -> Result<Vec<DeviceId>, StoreError> {
    let families = families(transaction, person)?.into_iter();
    let ended = families.filter(|(_, family)| family.ended.is_some());
    Ok(ended.map(|(key, _)| device_of(&key)).collect())
}

/// Those of them that were stopped since they may have been copied.
pub(super) fn stopped_as_copied(
    transaction: &Transaction,
    person: PersonId,
) -> Result<Vec<DeviceId>, StoreError> {
    let is_copied = |ended: Ended| ended.why == EndReason::Copied;
    let families = families(transaction, person)?.into_iter();
    let copied = families.filter(|(_, family)| family.ended.is_some_and(is_copied));
    Ok(copied.map(|(key, _)| device_of(&key)).collect())
}

/// A person's devices, the oldest first.
pub(super) fn devices(
    tables: &dyn View,
    person: PersonId,
    now: u64,
) -> Result<Vec<HolderDevice>, StoreError> {
    let mut devices = listed(tables, person, |family| family.is_open(now))?;
    devices.sort_by_key(|device| (device.created_at, device.id.0));
    Ok(devices)
}

/// Those that were ended, the last one first: each until its tokens would have run out.
pub(super) fn ended_devices(
    tables: &dyn View,
    person: PersonId,
) -> Result<Vec<HolderDevice>, StoreError> {
    let mut devices = listed(tables, person, |family| family.ended.is_some())?;
    devices.sort_by_key(|device| {
        std::cmp::Reverse((device.ended.and_then(|ended| ended.at), device.id.0))
    });
    devices.truncate(MAX_ENDED);
    Ok(devices)
}

fn listed(
    tables: &dyn View,
    person: PersonId,
    shows: impl Fn(&Family) -> bool,
) -> Result<Vec<HolderDevice>, StoreError> {
    let mut devices = Vec::new();
    for row in tables.keys::<FamiliesOf>(KeyRange::of::<FamiliesOf>(&person)) {
        let (_, key) = row?;
        // Pruning may have been quicker.
        let found = tables.find::<Families>(&key)?;
        let Some(family) = found.filter(|family| shows(family)) else { continue };
        devices.push(HolderDevice {
            id: device_of(&key),
            name: family.name,
            created_at: family.created_at,
            last_used_at: family.last_used_at,
            ended: family.ended,
        });
    }
    Ok(devices)
}

/// How devices are ended.
#[derive(Clone, Copy)]
pub(super) struct Ending<'a> {
    pub(super) why: EndReason,
    pub(super) actor: &'a str,
    pub(super) at: u64,
}

/// Ends the devices that are not to stay: their tokens at once, and their passes for good.
pub(super) fn end_others(
    transaction: &mut Transaction,
    person: PersonId,
    keep: Option<DeviceId>,
    ending: Ending<'_>,
) -> Result<Vec<StatusChange>, StoreError> {
    end_all_but(transaction, person, keep.as_slice(), ending)
}

/// The same where several stay.
pub(super) fn end_all_but(
    transaction: &mut Transaction,
    person: PersonId,
    keep: &[DeviceId],
    ending: Ending<'_>,
) -> Result<Vec<StatusChange>, StoreError> {
    for (key, family) in families(transaction, person)? {
        if !keep.contains(&device_of(&key)) && family.ended.is_none() {
            close(transaction, &key, family, ending)?;
        }
    }
    // Passes that name no device, as an older format issued them, may be of any.
    statuses::set(transaction, person, |device| {
        (!device.is_some_and(|device| keep.contains(&device))).then_some(statuses::REVOKED)
    })
}

/// Ends one device in the same way. Passes that name no device are revoked with one that may have got them.
pub(super) fn end(
    transaction: &mut Transaction,
    person: PersonId,
    device: DeviceId,
    ending: Ending<'_>,
) -> Result<Vec<StatusChange>, StoreError> {
    let (key, family) = find(transaction, person, device)?.ok_or(StoreError::NotFound)?;
    // One that may have been copied was stopped only: its passes wait for a last word.
    if family.ended.is_some_and(|ended| ended.why != EndReason::Copied) {
        return Err(StoreError::NotFound);
    }
    let may_hold_unnamed = family.created_at.is_none();
    close(transaction, &key, family, ending)?;
    statuses::set(transaction, person, |of| {
        (of == Some(device) || of.is_none() && may_hold_unnamed).then_some(statuses::REVOKED)
    })
}

/// Ends the device that asks in the same way, as long as the person has another one. One that never got
/// passes is none: nobody can show a code on it.
pub(super) fn end_beside_another(
    transaction: &mut Transaction,
    Session { person, device }: Session,
    ending: Ending<'_>,
) -> Result<Option<Vec<StatusChange>>, StoreError> {
    for (key, family) in families(transaction, person)? {
        let is_there = arrival(transaction, person, &key)? == Arrival::There;
        if device_of(&key) != device && family.is_open(ending.at) && is_there {
            return end(transaction, person, device, ending).map(Some);
        }
    }
    Ok(None)
}

/// Stops a device whose old token came back: its tokens for good, its passes by suspension. Whoever replays a
/// token brings nothing about that is final; the holder's or a counter's word is.
pub(super) fn stop_copied(
    transaction: &mut Transaction,
    key: &[u8; 32],
    family: Family,
    at: u64,
) -> Result<Vec<StatusChange>, StoreError> {
    let (person, device) = (family.person, device_of(key));
    let may_hold_unnamed = family.created_at.is_none();
    let ending = Ending { why: EndReason::Copied, actor: events::SERVICE, at };
    close(transaction, key, family, ending)?;
    copied::note(transaction, device);
    statuses::set(transaction, person, |of| {
        (of == Some(device) || of.is_none() && may_hold_unnamed).then_some(statuses::SUSPENDED)
    })
}

/// Ends a family, and with it what its device has approved.
fn close(
    transaction: &mut Transaction,
    key: &[u8; 32],
    mut family: Family,
    Ending { why, actor, at }: Ending<'_>,
) -> Result<(), StoreError> {
    let (person, device) = (family.person, device_of(key));
    family.ended = Some(Ended { at: Some(at), why });
    transaction.put::<Families>(key, &family);
    let event = AuditEvent::holder_device("ended", person, device, actor);
    let number = transaction.audit(event, at)?;
    let kind =
        if why == EndReason::Copied { EventKind::DeviceCopied } else { EventKind::DeviceEnded };
    let told = events::Told { kind, device: Some(family.name), actor };
    events::put(transaction, person, told, number, at)?;
    requests::end_approvals(transaction, person, device, actor, at)?;
    grants::end_approved(transaction, person, device)
}
