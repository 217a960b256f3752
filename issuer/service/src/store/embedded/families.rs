//! Token families: each is a device of a person.

use crate::audit::AuditEvent;
use crate::store::{
    DeviceId, EventKind, HolderDevice, PersonId, StatusChange, StoreError, TokenPair,
};

use super::records::{Record, RowReader, RowWriter, decode, decode_found, encode};
use super::tables::{Table, Tables};
use super::transaction::Transaction;
use super::{events, statuses};

/// All tokens that came from one grant. Named by the grant's code hash.
pub(super) struct Family {
    pub(super) person: PersonId,
    pub(super) current: [u8; 32],
    pub(super) previous: Option<[u8; 32]>,
    pub(super) closed: bool,
    /// When its newest token runs out.
    pub(super) expires_at: u64,
    /// What the holder calls the device; empty where an older format kept none.
    pub(super) name: String,
    pub(super) created_at: Option<u64>,
    pub(super) last_used_at: Option<u64>,
    /// What the current token was derived with from the previous one, and when, Unix seconds.
    pub(super) salt: [u8; 32],
    pub(super) rotated_at: u64,
}

impl Record for Family {
    fn write(&self, row: &mut RowWriter) {
        row.array(&self.person.0);
        row.array(&self.current);
        row.bytes(self.previous.as_ref().map_or(&[], |previous| previous));
        row.byte(self.closed.into());
        row.number(self.expires_at);
        row.text(&self.name);
        row.optional_number(self.created_at);
        row.optional_number(self.last_used_at);
        row.array(&self.salt);
        row.number(self.rotated_at);
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        let mut family = Self {
            person: PersonId(row.array()?),
            current: row.array()?,
            previous: match row.bytes()? {
                [] => None,
                previous => Some(previous.try_into().ok()?),
            },
            closed: row.flag()?,
            expires_at: row.number()?,
            name: String::new(),
            created_at: None,
            last_used_at: None,
            // The last exchange of an older row is long ago.
            salt: [0; 32],
            rotated_at: 0,
        };
        // Version 3 knew no devices.
        if row.1 >= 4 {
            family.name = row.text()?;
            family.created_at = row.optional_number()?;
            family.last_used_at = row.optional_number()?;
            family.salt = row.array()?;
            family.rotated_at = row.number()?;
        }
        Some(family)
    }
}

impl Family {
    pub(super) fn is_open(&self, now: u64) -> bool {
        !self.closed && self.expires_at > now
    }
}

/// When the newest of a pair runs out.
pub(super) fn newest(tokens: &TokenPair) -> u64 {
    tokens.refresh_expires_at.max(tokens.access_expires_at)
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

/// A person's families that are open, with their keys.
pub(super) fn open_families(
    transaction: &Transaction,
    person: PersonId,
    now: u64,
) -> Result<Vec<([u8; 32], Family)>, StoreError> {
    let mut open = Vec::new();
    for (row, _) in transaction.scan(Table::FamiliesOf, &person.0)? {
        let key = read_key(person, &row)?;
        let found = transaction.find(Table::Families, &key)?;
        let family: Family = decode(&found.ok_or(StoreError::Damaged("a family"))?)?;
        if family.is_open(now) {
            open.push((key, family));
        }
    }
    Ok(open)
}

/// True for a device of this person that is not ended.
pub(super) fn is_open(
    transaction: &Transaction,
    person: PersonId,
    device: DeviceId,
    now: u64,
) -> Result<bool, StoreError> {
    let open = open_families(transaction, person, now)?;
    Ok(open.iter().any(|(key, _)| device_of(key) == device))
}

/// A person's devices, the oldest first.
pub(super) fn devices(
    tables: &Tables,
    person: PersonId,
    now: u64,
) -> Result<Vec<HolderDevice>, StoreError> {
    let mut devices = Vec::new();
    for row in tables.scan(Table::FamiliesOf, &person.0) {
        let key = read_key(person, &row?.0)?;
        // Pruning may have been quicker.
        let found = decode_found::<Family>(tables.find(Table::Families, &key)?)?;
        let Some(family) = found.filter(|family| family.is_open(now)) else { continue };
        devices.push(HolderDevice {
            id: device_of(&key),
            name: family.name,
            created_at: family.created_at,
            last_used_at: family.last_used_at,
        });
    }
    devices.sort_by_key(|device| (device.created_at, device.id.0));
    Ok(devices)
}

/// Ends the devices that are not to stay: their tokens at once, and their passes for good.
pub(super) fn end_others(
    transaction: &mut Transaction,
    person: PersonId,
    keep: Option<DeviceId>,
    actor: &str,
    at: u64,
) -> Result<Vec<StatusChange>, StoreError> {
    for (key, family) in open_families(transaction, person, at)? {
        if Some(device_of(&key)) != keep {
            close(transaction, &key, family, actor, at)?;
        }
    }
    // Passes that name no device, as an older format issued them, may be of any.
    statuses::set(transaction, person, |device| {
        (device.is_none() || device != keep).then_some(statuses::REVOKED)
    })
}

/// Ends one device in the same way. Passes that name no device are revoked with one that may have got them.
pub(super) fn end(
    transaction: &mut Transaction,
    person: PersonId,
    device: DeviceId,
    actor: &str,
    at: u64,
) -> Result<Vec<StatusChange>, StoreError> {
    let mut open = open_families(transaction, person, at)?;
    open.retain(|(key, _)| device_of(key) == device);
    let (key, family) = open.pop().ok_or(StoreError::NotFound)?;
    let may_hold_unnamed = family.created_at.is_none();
    close(transaction, &key, family, actor, at)?;
    statuses::set(transaction, person, |of| {
        (of == Some(device) || of.is_none() && may_hold_unnamed).then_some(statuses::REVOKED)
    })
}

fn close(
    transaction: &mut Transaction,
    key: &[u8; 32],
    mut family: Family,
    actor: &str,
    at: u64,
) -> Result<(), StoreError> {
    family.closed = true;
    transaction.put(Table::Families, key, encode(&family));
    let event = AuditEvent::holder_device("ended", family.person, device_of(key), actor);
    let number = transaction.audit(event, at)?;
    let told = events::Told { kind: EventKind::DeviceEnded, device: Some(family.name), actor };
    events::put(transaction, family.person, told, number, at);
    Ok(())
}
