//! From an older format to this one: rows that follow from others are made where a store was written without
//! them.

use fjall::{OwnedWriteBatch, PersistMode};

use super::FORMAT_VERSION;
use super::tables::Tables;
use crate::backend::{KeyRange, View};
use crate::entropy::Entropy;
use crate::rows::{
    All, Audit, Credentials, DaysForgotten, DeviceCredentials, Entry, Families, FamiliesOf, Family,
    Format, Grants, GrantsOf, Holdings, PassRow, Passes, Persons, RegistersId, Rows,
    StaffCredentials, Status, Statuses, Trails, UsedCodes, UsedCodesForgotten, decode_key, encode,
    encode_key,
};
use crate::rules::{Listed, REVOKED, listed, trail_keys, without_offer};
use crate::{Account, EndReason, Ended, PassHolder, PersonId, RegisterId, StoreError};

/// Rows that one batch carries.
const AT_ONCE: usize = 10_000;

/// Format 1 knew no trails of venues; format 2 knew no sites, of which nothing follows from other rows;
/// format 3 had a row for each key that runs out, which is a row of format 4 as well, and passes that named
/// their holder and no more; format 4 listed the credentials of devices alone, did not say up to when
/// something was forgotten, and its register had no id; its passes did not name their device key, and are
/// taken without it until their day is over. Its freezes ended no device and no offer, and its offers were
/// not listed by person; format 5 had identities without keys of their own, which are given when the register
/// is unlocked. Interrupted, it is done again from the start: the same rows come out.
pub(super) fn to_current(
    tables: &Tables,
    from: u32,
    entropy: &dyn Entropy,
) -> Result<(), StoreError> {
    if from < 2 {
        index_trails(tables)?;
    }
    if from < 4 {
        describe_holders(tables)?;
    }
    if from < 5 {
        index_credentials(tables)?;
        mark_forgotten(tables)?;
        end_devices_of_the_frozen(tables)?;
        index_offers(tables)?;
    }
    let mut batch = tables.database().batch();
    if from < 5 {
        // Mode and key are marked by the first service that has the key.
        let id = RegisterId::draw(entropy)?.0;
        let key = encode_key::<RegistersId>(&());
        batch.insert(tables.keyspace(RegistersId::TABLE), key, encode(&id));
    }
    let key = encode_key::<Format>(&());
    batch.insert(tables.keyspace(Format::TABLE), key, encode(&FORMAT_VERSION));
    commit(batch)
}

/// Puts rows in batches.
struct Putting<'a> {
    tables: &'a Tables,
    batch: OwnedWriteBatch,
    rows: usize,
}

impl<'a> Putting<'a> {
    fn new(tables: &'a Tables) -> Self {
        Self { tables, batch: tables.database().batch(), rows: 0 }
    }

    fn put<R: Rows>(&mut self, key: &R::Key<'_>, row: &R::Row) -> Result<(), StoreError> {
        let key = encode_key::<R>(key);
        self.batch.insert(self.tables.keyspace(R::TABLE), key, encode(row));
        self.rows += 1;
        if self.rows.is_multiple_of(AT_ONCE) {
            let next = self.tables.database().batch();
            return commit(std::mem::replace(&mut self.batch, next));
        }
        Ok(())
    }

    fn finish(self) -> Result<(), StoreError> {
        commit(self.batch)
    }
}

fn describe_holders(tables: &Tables) -> Result<(), StoreError> {
    let (mut putting, view): (_, &dyn View) = (Putting::new(tables), tables);
    for row in tables.range(Passes::TABLE, KeyRange::of::<Passes>(&All)) {
        let (pass, id) = row?;
        // Those that an interrupted upgrade has described already are longer than an id.
        let Ok(id) = id.try_into() else { continue };
        let person = view.find::<Persons>(&PersonId(id))?;
        let person = person.ok_or(StoreError::Damaged("a pass without its holder"))?;
        let row = PassRow { holder: PassHolder::from(&person), key: None };
        putting.put::<Passes>(&decode_key::<Passes>(&pass)?, &row)?;
    }
    putting.finish()
}

/// Rows were always forgotten in their order: whatever went is older than the first that is there.
fn mark_forgotten(tables: &Tables) -> Result<(), StoreError> {
    let (mut putting, view): (_, &dyn View) = (Putting::new(tables), tables);
    if let Some(first) = view.keys::<UsedCodes>(KeyRange::of::<UsedCodes>(&All)).next() {
        putting.put::<UsedCodesForgotten>(&(), &first?.iat.saturating_sub(1))?;
    }
    if let Some(first) = view.keys::<Passes>(KeyRange::of::<Passes>(&All)).next() {
        putting.put::<DaysForgotten>(&(), &first?.exp.saturating_sub(1))?;
    }
    putting.finish()
}

/// A freeze of format 4 ended no device, and none of them says which one was lost: all of a frozen account
/// are ended, and their passes revoked, so that lifting the freeze brings none of them back.
fn end_devices_of_the_frozen(tables: &Tables) -> Result<(), StoreError> {
    let (mut putting, view): (_, &dyn View) = (Putting::new(tables), tables);
    for row in view.scan::<Persons>(&All) {
        let (id, person) = row?;
        if person.account != Account::Frozen {
            continue;
        }
        for key in view.keys::<FamiliesOf>(KeyRange::of::<FamiliesOf>(&id)) {
            let (_, key) = key?;
            let family = view.find::<Families>(&key)?.ok_or(StoreError::Damaged("a family"))?;
            let ended = Some(Ended { at: None, why: EndReason::Frozen });
            putting.put::<Families>(&key, &Family { ended, ..family })?;
        }
        for key in view.keys::<Holdings>(KeyRange::of::<Holdings>(&id)) {
            let (_, pass) = key?;
            putting.put::<Statuses>(&pass, &Status(REVOKED))?;
        }
    }
    putting.finish()
}

/// Lists offers by whom they are for. Those for accounts that are not active are ended: a freeze of format 4
/// ended none.
fn index_offers(tables: &Tables) -> Result<(), StoreError> {
    let (mut putting, view): (_, &dyn View) = (Putting::new(tables), tables);
    for row in view.scan::<Grants>(&All) {
        let (offer_hash, grant) = row?;
        putting.put::<GrantsOf>(&(grant.person, offer_hash), &())?;
        let person = view.find::<Persons>(&grant.person)?;
        if person.is_none_or(|person| person.account != Account::Active) {
            putting.put::<Grants>(&offer_hash, &without_offer(grant))?;
        }
    }
    putting.finish()
}

/// Lists credentials by whose they are.
fn index_credentials(tables: &Tables) -> Result<(), StoreError> {
    let (mut putting, view): (_, &dyn View) = (Putting::new(tables), tables);
    for row in view.scan::<Credentials>(&All) {
        let (hash, credential) = row?;
        match listed(hash, &credential.bearer) {
            Listed::Device(key) => putting.put::<DeviceCredentials>(&key, &())?,
            Listed::Staff(key) => putting.put::<StaffCredentials>(&key, &())?,
        }
    }
    putting.finish()
}

fn index_trails(tables: &Tables) -> Result<(), StoreError> {
    let (mut putting, view): (_, &dyn View) = (Putting::new(tables), tables);
    for row in view.scan::<Audit>(&All) {
        let (number, row) = row?;
        let entry = row.entry()?;
        for key in trail_keys(entry.at, &entry.event) {
            putting.put::<Trails>(&key, &Entry(number))?;
        }
    }
    putting.finish()
}

fn commit(batch: OwnedWriteBatch) -> Result<(), StoreError> {
    let written = batch.durability(Some(PersistMode::SyncAll)).commit();
    written.map_err(|error| StoreError::Disk(error.to_string()))
}
