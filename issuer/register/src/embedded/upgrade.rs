//! From an older format to this one: rows that follow from others are made where a store was written without
//! them.

use std::collections::BTreeSet;

use fjall::{OwnedWriteBatch, PersistMode};
use szid_protocol::pass::STATUS_LIST_ENTRIES;

use super::audit_rows::audit_row;
use super::families::Family;
use super::founding::id_row;
use super::pass_keys::read_pass_key;
use super::records::{PassRow, decode, decode_found, encode};
use super::tables::{DAYS_FORGOTTEN, FORMAT, Table, Tables, USED_CODES_FORGOTTEN};
use super::{FORMAT_VERSION, credentials, grants, people, statuses, trails};
use crate::audit::AuditEntry;
use crate::entropy::Entropy;
use crate::{
    Account, Credential, EndReason, Ended, Grant, PassHolder, Person, PersonId, RegisterId,
    StoreError,
};

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
        let (key, id) = id_row(RegisterId::draw(entropy)?);
        batch.insert(tables.keyspace(Table::Meta), key, id);
    }
    batch.insert(tables.keyspace(Table::Meta), FORMAT, FORMAT_VERSION.to_be_bytes());
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

    fn put(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) -> Result<(), StoreError> {
        self.batch.insert(self.tables.keyspace(table), key, value);
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
    let mut putting = Putting::new(tables);
    for row in tables.scan(Table::Passes, &[]) {
        let (pass, id) = row?;
        // Those that an interrupted upgrade has described already are longer than an id.
        if id.len() != size_of::<PersonId>() {
            continue;
        }
        let person: Option<Person> = decode_found(tables.find(Table::Persons, &id)?)?;
        let person = person.ok_or(StoreError::Damaged("a pass without its holder"))?;
        putting.put(
            Table::Passes,
            pass,
            encode(&PassRow { holder: PassHolder::from(&person), key: None }),
        )?;
    }
    putting.finish()
}

/// Rows were always forgotten in their order: whatever went is older than the first that is there.
fn mark_forgotten(tables: &Tables) -> Result<(), StoreError> {
    let mut putting = Putting::new(tables);
    for (table, mark) in [(Table::UsedCodes, USED_CODES_FORGOTTEN), (Table::Passes, DAYS_FORGOTTEN)]
    {
        let Some(first) = tables.scan(table, &[]).next() else { continue };
        let (key, _) = first?;
        let time = key.first_chunk().map(|time| u64::from_be_bytes(*time));
        let time = time.ok_or(StoreError::Damaged("a row's time"))?;
        putting.put(Table::Meta, mark.to_vec(), time.saturating_sub(1).to_be_bytes().to_vec())?;
    }
    putting.finish()
}

/// A freeze of format 4 ended no device, and none of them says which one was lost: all of a frozen account
/// are ended, and their passes revoked, so that lifting the freeze brings none of them back.
fn end_devices_of_the_frozen(tables: &Tables) -> Result<(), StoreError> {
    let mut putting = Putting::new(tables);
    let mut lists = BTreeSet::new();
    for row in tables.scan(Table::Persons, &[]) {
        let (id, row) = row?;
        if decode::<Person>(&row)?.account != Account::Frozen {
            continue;
        }
        for row in tables.scan(Table::FamiliesOf, &id) {
            let key = row?.0.split_off(id.len());
            let family: Option<Family> = decode_found(tables.find(Table::Families, &key)?)?;
            let family = family.ok_or(StoreError::Damaged("a family"))?;
            let ended = Some(Ended { at: None, why: EndReason::Frozen });
            putting.put(Table::Families, key, encode(&Family { ended, ..family }))?;
        }
        for row in tables.scan(Table::Holdings, &id) {
            let pass = row?.0.split_off(id.len());
            let (exp, index) = read_pass_key(&pass)?;
            putting.put(Table::Statuses, pass, vec![statuses::REVOKED])?;
            lists.insert((exp, index / STATUS_LIST_ENTRIES));
        }
    }
    for (exp, list) in lists {
        let key = people::list_key(exp, list);
        let changes = people::list_changes(tables.find(Table::Meta, &key)?)? + 1;
        putting.put(Table::Meta, key, changes.to_be_bytes().to_vec())?;
    }
    putting.finish()
}

/// Lists offers by whom they are for. Those for accounts that are not active are ended: a freeze of format 4
/// ended none.
fn index_offers(tables: &Tables) -> Result<(), StoreError> {
    let mut putting = Putting::new(tables);
    for row in tables.scan(Table::Grants, &[]) {
        let (offer_hash, row) = row?;
        let grant: Grant = decode(&row)?;
        putting.put(Table::GrantsOf, grants::offer_of(grant.person, &offer_hash), Vec::new())?;
        let person: Option<Person> = decode_found(tables.find(Table::Persons, &grant.person.0)?)?;
        if person.is_none_or(|person| person.account != Account::Active) {
            putting.put(Table::Grants, offer_hash, encode(&grants::without_offer(grant)))?;
        }
    }
    putting.finish()
}

/// Lists credentials by whose they are.
fn index_credentials(tables: &Tables) -> Result<(), StoreError> {
    let mut putting = Putting::new(tables);
    for row in tables.scan(Table::Credentials, &[]) {
        let (hash, row) = row?;
        let (table, key) = credentials::index_row(&hash, &decode::<Credential>(&row)?.bearer);
        putting.put(table, key, Vec::new())?;
    }
    putting.finish()
}

fn index_trails(tables: &Tables) -> Result<(), StoreError> {
    let mut putting = Putting::new(tables);
    for row in tables.scan(Table::Audit, &[]) {
        let (number, _, json) = audit_row(row?)?;
        let entry: AuditEntry =
            serde_json::from_slice(&json).map_err(|_| StoreError::Damaged("an audit entry"))?;
        for key in trails::keys(entry.at, &entry.event) {
            putting.put(Table::Trails, key, number.to_be_bytes().to_vec())?;
        }
    }
    putting.finish()
}

fn commit(batch: OwnedWriteBatch) -> Result<(), StoreError> {
    let written = batch.durability(Some(PersistMode::SyncAll)).commit();
    written.map_err(|error| StoreError::Disk(error.to_string()))
}
