//! Persons, their accounts, and the status indices of their passes.

use std::collections::{BTreeMap, BTreeSet};

use szid_protocol::pass::STATUS_LIST_ENTRIES;

use crate::audit::AuditEvent;
use crate::store::{
    Account, Enrolment, PASSES_PER_DAY, PassAsked, PassHolder, PassesAsked, Person, PersonId,
    StatusChange, StatusListState, StoreError,
};

use super::permutation::derive_index;
use super::records::{PassRow, decode, decode_found, encode};
use super::restoration::read_epoch;
use super::tables::{EPOCH, Table, Tables};
use super::transaction::Transaction;
use super::{pass_key, read_pass_key, tokens};

pub(super) fn enrol(
    transaction: &mut Transaction,
    enrolment: Enrolment,
) -> Result<PersonId, StoreError> {
    let known = match transaction.find(Table::Lookup, &enrolment.lookup)? {
        Some(id) => decode_found::<Person>(transaction.find(Table::Persons, &id)?)?,
        None => None,
    };
    let id = known.as_ref().map_or(enrolment.candidate, |person| person.id);
    let account = match known.as_ref().map(|person| person.account) {
        Some(Account::Frozen) => Account::Frozen,
        Some(Account::Active | Account::Revoked) | None => Account::Active,
    };
    let person = Person {
        id,
        account,
        document_class: enrolment.document_class,
        identity_level: enrolment.identity_level,
        method: enrolment.method,
        sealed: enrolment.sealed,
        enrolled_at: known.map_or(enrolment.at, |person| person.enrolled_at),
        updated_at: enrolment.at,
    };
    put_person(transaction, &person)?;
    transaction.put(Table::Lookup, &enrolment.lookup, id.0.to_vec());
    let event = AuditEvent::Enrolled {
        person: id.to_string(),
        level: person.identity_level,
        actor: enrolment.actor,
    };
    transaction.audit(event, enrolment.at)?;
    Ok(id)
}

/// Keeps a person, and what the rows of the person's passes say of it.
fn put_person(transaction: &mut Transaction, person: &Person) -> Result<(), StoreError> {
    transaction.put(Table::Persons, &person.id.0, encode(person));
    let holder = PassHolder::from(person);
    for (key, _) in transaction.scan(Table::Holdings, &person.id.0)? {
        let pass = &key[person.id.0.len()..];
        let row: PassRow = decode_found(transaction.find(Table::Passes, pass)?)?
            .ok_or(StoreError::Damaged("a pass without its row"))?;
        transaction.put(Table::Passes, pass, encode(&PassRow { holder, ..row }));
    }
    Ok(())
}

/// By whom an account is changed, and why.
pub(super) struct Change {
    pub(super) actor: String,
    /// Who asked for it, where it takes two.
    pub(super) asked_by: Option<String>,
    pub(super) reason: String,
}

pub(super) fn set_account(
    transaction: &mut Transaction,
    id: PersonId,
    account: Account,
    Change { actor, asked_by, reason }: Change,
    at: u64,
) -> Result<Vec<StatusChange>, StoreError> {
    let mut person: Person =
        decode(&transaction.find(Table::Persons, &id.0)?.ok_or(StoreError::NotFound)?)?;
    if person.account == Account::Revoked {
        return Err(StoreError::AccountState);
    }
    person.account = account;
    person.updated_at = at;
    put_person(transaction, &person)?;
    let status = match account {
        Account::Active => 0,
        Account::Revoked => 1,
        Account::Frozen => 2,
    };
    let mut changes = Vec::new();
    for (key, _) in transaction.scan(Table::Holdings, &id.0)? {
        let (exp, index) = read_pass_key(&key[id.0.len()..])?;
        let row = pass_key(exp, index);
        let before = transaction.find(Table::Statuses, &row)?;
        // A revoked pass stays revoked. Past days are not left out: the clock may be wrong, and they go soon.
        if before.as_deref() == Some(&[1]) {
            continue;
        }
        if status == 0 {
            transaction.remove(Table::Statuses, &row);
        } else {
            transaction.put(Table::Statuses, &row, vec![status]);
        }
        changes.push(StatusChange { exp, index, status });
    }
    count_list_changes(transaction, &changes)?;
    if account == Account::Revoked {
        tokens::close_families_of(transaction, id)?;
    }
    let account = account.word().into();
    let event = AuditEvent::Account { person: id.to_string(), account, actor, asked_by, reason };
    transaction.audit(event, at)?;
    Ok(changes)
}

pub(super) fn counter_key(exp: u64) -> Vec<u8> {
    [b"day:".as_slice(), &exp.to_be_bytes()].concat()
}

pub(super) fn counter(stored: Option<Vec<u8>>) -> Result<u32, StoreError> {
    match stored {
        None => Ok(0),
        Some(bytes) => {
            bytes.try_into().map(u32::from_be_bytes).map_err(|_| StoreError::Damaged("a counter"))
        }
    }
}

/// How many lists a day has, at least one.
pub(super) fn lists(transaction: &Transaction, exp: u64) -> Result<u32, StoreError> {
    Ok(lists_of(counter(transaction.find(Table::Meta, &counter_key(exp))?)?))
}

/// How many lists hold so many passes, at least one.
pub(super) fn lists_of(passes: u32) -> u32 {
    passes.div_ceil(STATUS_LIST_ENTRIES).max(1)
}

/// Counts the changes of one status list.
pub(super) fn list_key(exp: u64, list: u32) -> Vec<u8> {
    [b"list:".as_slice(), &exp.to_be_bytes(), &list.to_be_bytes()].concat()
}

pub(super) fn list_changes(stored: Option<Vec<u8>>) -> Result<u64, StoreError> {
    match stored {
        None => Ok(0),
        Some(bytes) => {
            bytes.try_into().map(u64::from_be_bytes).map_err(|_| StoreError::Damaged("a counter"))
        }
    }
}

pub(super) fn status_list(
    tables: &Tables,
    exp: u64,
    list: u32,
) -> Result<StatusListState, StoreError> {
    // The count is read first: a change between the two reads makes the list newer than its count, never older.
    let changes = list_changes(tables.find(Table::Meta, &list_key(exp, list))?)?;
    let mut entries = Vec::new();
    let first = list.checked_mul(STATUS_LIST_ENTRIES).ok_or(StoreError::NotFound)?;
    for row in tables.scan_from(Table::Statuses, &pass_key(exp, first)) {
        let (key, value) = row?;
        let (day, index) = read_pass_key(&key)?;
        if day != exp || index - first >= STATUS_LIST_ENTRIES {
            break;
        }
        entries.push((index - first, *value.first().ok_or(StoreError::Damaged("a status"))?));
    }
    Ok(StatusListState { changes, entries })
}

pub(super) fn count_list_changes(
    transaction: &mut Transaction,
    changes: &[StatusChange],
) -> Result<(), StoreError> {
    let lists: BTreeSet<_> =
        changes.iter().map(|change| (change.exp, change.index / STATUS_LIST_ENTRIES)).collect();
    for (exp, list) in lists {
        let key = list_key(exp, list);
        let count = list_changes(transaction.find(Table::Meta, &key)?)? + 1;
        transaction.put(Table::Meta, &key, count.to_be_bytes().to_vec());
    }
    Ok(())
}

pub(super) fn allocate_passes(
    transaction: &mut Transaction,
    secret: &[u8; 32],
    PassesAsked { person, device, passes, at }: &PassesAsked,
) -> Result<Vec<u32>, StoreError> {
    let found: Person =
        decode(&transaction.find(Table::Persons, &person.0)?.ok_or(StoreError::NotFound)?)?;
    if found.account != Account::Active {
        return Err(StoreError::AccountState);
    }
    let epoch = read_epoch(transaction.find(Table::Meta, EPOCH)?)?;
    let holder = PassHolder::from(&found);
    let device = device.map_or(Vec::new(), |device| device.0.to_vec());
    let mut held: BTreeMap<u64, usize> = BTreeMap::new();
    for (key, _) in transaction.scan(Table::Holdings, &person.0)? {
        *held.entry(read_pass_key(&key[person.0.len()..])?.0).or_default() += 1;
    }
    let mut indices = Vec::with_capacity(passes.len());
    for PassAsked { exp, key: device_key } in passes {
        // Where the counter of a day is gone, what it gave must not be given again.
        if exp <= at || *exp <= transaction.forgotten.days {
            return Err(StoreError::Exhausted);
        }
        let of_day = held.entry(*exp).or_default();
        if *of_day >= PASSES_PER_DAY {
            return Err(StoreError::Quota);
        }
        *of_day += 1;
        transaction.floors.days = transaction.floors.days.min(*exp);
        let key = counter_key(*exp);
        let count = counter(transaction.find(Table::Meta, &key)?)?;
        let next = count.checked_add(1).ok_or(StoreError::Exhausted)?;
        transaction.put(Table::Meta, &key, next.to_be_bytes().to_vec());
        let index = derive_index(secret, epoch, *exp, count);
        let pass = pass_key(*exp, index);
        let row = PassRow { holder, key: Some(*device_key) };
        transaction.put(Table::Passes, &pass, encode(&row));
        let holding = [person.0.as_slice(), &pass].concat();
        transaction.put(Table::Holdings, &holding, device.clone());
        indices.push(index);
    }
    let passes = passes.len() as u64;
    transaction.audit(AuditEvent::Issued { person: person.to_string(), passes }, *at)?;
    Ok(indices)
}
