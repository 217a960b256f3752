//! Token families: each is a device of a person.

use super::records::{Record, RowReader, RowWriter, decode, decode_found, encode};
use super::tables::{Table, Tables};
use super::tokens::{Expiring, note_expiry};
use super::transaction::Transaction;
use super::{copied, events, grants, requests, statuses};
use crate::audit::AuditEvent;
use crate::{
    DeviceId, EndReason, Ended, EventKind, HolderDevice, MAX_ENDED, PersonId, Session,
    StatusChange, StoreError, TokenPair,
};

/// All tokens that came from one grant. Named by the grant's code hash.
pub(super) struct Family {
    pub(super) person: PersonId,
    pub(super) current: [u8; 32],
    pub(super) previous: Option<[u8; 32]>,
    /// The first successor that the previous token got, where that one came back so late that it got another
    /// one: either may be the one that the device holds, and a request that was held up on its way ends no
    /// phone.
    pub(super) rival: Option<[u8; 32]>,
    /// That it was ended: none of its tokens is good any more.
    pub(super) ended: Option<Ended>,
    /// When its newest token runs out.
    pub(super) expires_at: u64,
    /// What the holder calls the device; empty where an older format kept none.
    pub(super) name: String,
    pub(super) created_at: Option<u64>,
    pub(super) last_used_at: Option<u64>,
    /// What the current token was derived with from the previous one, and when, Unix seconds.
    pub(super) salt: [u8; 32],
    pub(super) rotated_at: u64,
    pub(super) granted: Granted,
}

/// To whom tokens were given, and for what: nothing of it where the grant said none, as an offer's does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Granted {
    /// `client_id`.
    pub(super) client: Option<String>,
    /// `scope`, as it was granted.
    pub(super) scope: Option<String>,
    /// `acr`: how the holder showed who they are.
    pub(super) acr: Option<String>,
    /// The SHA-256 thumbprint of the key that tokens are bound to (DPoP, RFC 9449, `jkt`).
    pub(super) jkt: Option<[u8; 32]>,
}

impl Record for Granted {
    fn write(&self, row: &mut RowWriter) {
        for text in [&self.client, &self.scope, &self.acr] {
            row.optional_text(text.as_deref());
        }
        row.byte(self.jkt.is_some().into());
        if let Some(jkt) = &self.jkt {
            row.array(jkt);
        }
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        Some(Self {
            client: row.optional_text()?,
            scope: row.optional_text()?,
            acr: row.optional_text()?,
            jkt: if row.flag()? { Some(row.array()?) } else { None },
        })
    }
}

impl Record for Family {
    fn write(&self, row: &mut RowWriter) {
        row.array(&self.person.0);
        row.array(&self.current);
        // The rival beside it, where there is one.
        row.bytes(&[self.previous, self.rival].into_iter().flatten().flatten().collect::<Vec<_>>());
        row.byte(self.ended.is_some().into());
        row.number(self.expires_at);
        row.text(&self.name);
        row.optional_number(self.created_at);
        row.optional_number(self.last_used_at);
        row.array(&self.salt);
        row.number(self.rotated_at);
        if let Some(Ended { at, why }) = &self.ended {
            row.optional_number(*at);
            row.byte(*why as u8);
        }
        self.granted.write(row);
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        let (person, current) = (PersonId(row.array()?), row.array()?);
        let (previous, rival) = match row.bytes()?.as_chunks() {
            ([], []) => (None, None),
            ([previous], []) => (Some(*previous), None),
            ([previous, rival], []) => (Some(*previous), Some(*rival)),
            _ => return None,
        };
        let mut family = Self {
            person,
            current,
            previous,
            rival,
            ended: row.flag()?.then_some(Ended { at: None, why: EndReason::Unknown }),
            expires_at: row.number()?,
            name: String::new(),
            created_at: None,
            last_used_at: None,
            // The last exchange of an older row is long ago.
            salt: [0; 32],
            rotated_at: 0,
            granted: Granted::default(),
        };
        // Version 3 knew no devices.
        if row.1 >= 4 {
            family.name = row.text()?;
            family.created_at = row.optional_number()?;
            family.last_used_at = row.optional_number()?;
            family.salt = row.array()?;
            family.rotated_at = row.number()?;
            if let Some(ended) = &mut family.ended {
                ended.at = row.optional_number()?;
                let number = row.byte()?;
                ended.why = *EndReason::ALL.iter().find(|why| **why as u8 == number)?;
            }
        }
        // Version 5 knew no clients.
        if row.1 >= 6 {
            family.granted = Granted::read(row)?;
        }
        Some(family)
    }
}

impl Family {
    pub(super) fn is_open(&self, now: u64) -> bool {
        self.ended.is_none() && self.expires_at > now
    }
}

/// When the newest of a pair runs out.
pub(super) fn newest(tokens: &TokenPair) -> u64 {
    tokens.refresh_expires_at.max(tokens.access_expires_at)
}

/// How far a device has come. Kept beside the family; nothing is where an older format kept the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It has got no passes.
    New {
        /// Its first passes end the older devices.
        replaces: bool,
        /// Two registrars confirmed it.
        by_two: bool,
    },
    /// It has.
    #[default]
    There,
    /// It had, and was ended before another one came that two registrars confirmed.
    Forgiven,
}

impl Arrival {
    fn encode(self) -> Vec<u8> {
        vec![match self {
            Self::There => 0,
            Self::New { replaces, by_two } => 1 | u8::from(replaces) << 1 | u8::from(by_two) << 2,
            Self::Forgiven => 8,
        }]
    }

    fn decode(row: &[u8]) -> Result<Self, StoreError> {
        match row {
            [] | [0] => Ok(Self::There),
            [bits @ (1 | 3 | 5 | 7)] => {
                Ok(Self::New { replaces: bits & 2 != 0, by_two: bits & 4 != 0 })
            }
            [8] => Ok(Self::Forgiven),
            _ => Err(StoreError::Damaged("a device's arrival")),
        }
    }
}

/// Keeps a new device.
pub(super) fn put_new(
    transaction: &mut Transaction,
    key: &[u8; 32],
    family: &Family,
    arrival: Arrival,
) {
    transaction.put(Table::Families, key, encode(family));
    put_arrival(transaction, family.person, key, arrival);
    note_expiry(transaction, Expiring::Family, family.expires_at, key);
}

fn put_arrival(transaction: &mut Transaction, person: PersonId, key: &[u8; 32], arrival: Arrival) {
    transaction.put(Table::FamiliesOf, &family_of(person, key), arrival.encode());
}

fn arrival(
    transaction: &Transaction,
    person: PersonId,
    key: &[u8; 32],
) -> Result<Arrival, StoreError> {
    let row = transaction.find(Table::FamiliesOf, &family_of(person, key))?;
    Arrival::decode(&row.unwrap_or_default())
}

/// The family that came of a grant, whether or not it was ended since.
pub(super) fn of_grant(
    tables: &Tables,
    code_hash: &[u8; 32],
) -> Result<Option<Family>, StoreError> {
    decode_found(tables.find(Table::Families, code_hash)?)
}

/// The same within a transaction, and whether its device has used nothing of what it was given.
pub(super) fn of_taken_grant(
    transaction: &Transaction,
    code_hash: &[u8; 32],
) -> Result<Option<(Family, bool)>, StoreError> {
    let found = decode_found::<Family>(transaction.find(Table::Families, code_hash)?)?;
    let Some(family) = found else { return Ok(None) };
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
    for (row, arrival) in transaction.scan(Table::FamiliesOf, &person.0)? {
        if Arrival::decode(&arrival)? == Arrival::Forgiven {
            forgiven.push(device_of(&read_key(person, &row)?));
        }
    }
    Ok(forgiven)
}

/// The device that a family is.
pub(super) fn device_of(family: &[u8; 32]) -> DeviceId {
    let mut id = [0; 16];
    id.copy_from_slice(&family[..16]);
    DeviceId(id)
}

/// The key of a family among those of its person.
pub(super) fn family_of(person: PersonId, family: &[u8]) -> Vec<u8> {
    [person.0.as_slice(), family].concat()
}

fn read_key(person: PersonId, row: &[u8]) -> Result<[u8; 32], StoreError> {
    row[person.0.len()..].try_into().map_err(|_| StoreError::Damaged("a family's key"))
}

/// A person's families, with their keys.
fn families(
    transaction: &Transaction,
    person: PersonId,
) -> Result<Vec<([u8; 32], Family)>, StoreError> {
    let rows = transaction.scan(Table::FamiliesOf, &person.0)?.into_iter();
    rows.map(|(row, _)| {
        let key = read_key(person, &row)?;
        let found = transaction.find(Table::Families, &key)?;
        Ok((key, decode(&found.ok_or(StoreError::Damaged("a family"))?)?))
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
    let Some((key, row)) = transaction.scan(Table::Families, &device.0)?.into_iter().next() else {
        return Ok(None);
    };
    let key = key.try_into().map_err(|_| StoreError::Damaged("a family's key"))?;
    Ok(Some((key, decode(&row)?)))
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
    tables: &Tables,
    person: PersonId,
    now: u64,
) -> Result<Vec<HolderDevice>, StoreError> {
    let mut devices = listed(tables, person, |family| family.is_open(now))?;
    devices.sort_by_key(|device| (device.created_at, device.id.0));
    Ok(devices)
}

/// Those that were ended, the last one first: each until its tokens would have run out.
pub(super) fn ended_devices(
    tables: &Tables,
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
    tables: &Tables,
    person: PersonId,
    shows: impl Fn(&Family) -> bool,
) -> Result<Vec<HolderDevice>, StoreError> {
    let mut devices = Vec::new();
    for row in tables.scan(Table::FamiliesOf, &person.0) {
        let key = read_key(person, &row?.0)?;
        // Pruning may have been quicker.
        let found = decode_found::<Family>(tables.find(Table::Families, &key)?)?;
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
    transaction.put(Table::Families, key, encode(&family));
    let event = AuditEvent::holder_device("ended", person, device, actor);
    let number = transaction.audit(event, at)?;
    let kind =
        if why == EndReason::Copied { EventKind::DeviceCopied } else { EventKind::DeviceEnded };
    let told = events::Told { kind, device: Some(family.name), actor };
    events::put(transaction, person, told, number, at)?;
    requests::end_approvals(transaction, person, device, actor, at)?;
    grants::end_approved(transaction, person, device)
}
