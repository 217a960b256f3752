//! Persons, their accounts, and the status indices of their passes.

use szid_protocol::pass::STATUS_LIST_ENTRIES;

use super::events::Told;
use super::holdings::{Holding, Standing};
use super::pass_keys::{pass_key, read_pass_key};
use super::permutation::derive_index;
use super::quota::Given;
use super::records::{PassRow, decode, decode_found, encode};
use super::restoration::read_epoch;
use super::tables::{EPOCH, Table, Tables};
use super::transaction::Transaction;
use super::{events, families, grants, holdings};
use crate::audit::AuditEvent;
use crate::{
    Account, DayLists, Enrolment, EventKind, PassAsked, PassHolder, PassesAsked, PassesGiven,
    Person, PersonId, Session, StatusListState, StoreError,
};

pub(super) fn enrol(
    transaction: &mut Transaction,
    enrolment: Enrolment,
) -> Result<PersonId, StoreError> {
    if transaction.find(Table::Lookup, &enrolment.lookup)?.is_some() {
        return Err(StoreError::Enrolled);
    }
    let id = enrolment.candidate;
    let person = Person {
        id,
        account: Account::Active,
        document_class: enrolment.document_class,
        evidence: vec![enrolment.evidence],
        sealed: enrolment.sealed,
        enrolled_at: enrolment.at,
        updated_at: enrolment.at,
        suspension: None,
    };
    put_person(transaction, &person)?;
    transaction.put(Table::Lookup, &enrolment.lookup, id.0.to_vec());
    let actor = enrolment.actor;
    let event = AuditEvent::Enrolled {
        person: id.to_string(),
        level: person.identity_level(enrolment.at),
        actor: actor.clone(),
        asked_by: None,
    };
    let number = transaction.audit(event, enrolment.at)?;
    events::put(transaction, id, Told::of(EventKind::Enrolled, &actor), number, enrolment.at)?;
    if let Some((offer_hash, grant)) = &enrolment.offer {
        grants::put(transaction, *offer_hash, grant)?;
    }
    Ok(id)
}

/// Keeps a person, and what the rows of the person's passes say of it.
pub(super) fn put_person(transaction: &mut Transaction, person: &Person) -> Result<(), StoreError> {
    put_row(transaction, person);
    let holder = PassHolder::from(person);
    for (key, _) in transaction.scan(Table::Holdings, &person.id.0)? {
        let pass = &key[person.id.0.len()..];
        let row: PassRow = decode_found(transaction.find(Table::Passes, pass)?)?
            .ok_or(StoreError::Damaged("a pass without its row"))?;
        transaction.put(Table::Passes, pass, encode(&PassRow { holder, ..row }));
    }
    Ok(())
}

/// Keeps a person of whom nothing changes that the rows of passes say.
pub(super) fn put_row(transaction: &mut Transaction, person: &Person) {
    transaction.put(Table::Persons, &person.id.0, encode(person));
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

/// Numbers of lists of a day that a restore has passed over: there may have been such lists, and this
/// register issued no pass in any of them. Ranges, each its first number and the one after its last.
pub(super) fn passed_over_key(exp: u64) -> Vec<u8> {
    [b"passed-over:".as_slice(), &exp.to_be_bytes()].concat()
}

pub(super) fn add_passed_over(stored: Option<Vec<u8>>, more: &[(u32, u32)]) -> Vec<u8> {
    let mut ranges = stored.unwrap_or_default();
    ranges.extend(
        more.iter().flat_map(|(first, end)| [first.to_be_bytes(), end.to_be_bytes()]).flatten(),
    );
    ranges
}

/// The lists of a day that a pass of this register may point to.
pub(super) fn named_lists(tables: &Tables, exp: u64) -> Result<Vec<u32>, StoreError> {
    let DayLists { lists, passed_over, .. } = day_lists(tables, exp)?;
    let is_passed_over =
        |list: &u32| passed_over.iter().any(|(first, end)| (first..end).contains(&list));
    Ok((0..lists).filter(|list| !is_passed_over(list)).collect())
}

/// How many lists a day has, and which of them were passed over.
pub(super) fn day_lists(tables: &Tables, exp: u64) -> Result<DayLists, StoreError> {
    let stored = tables.find(Table::Meta, &passed_over_key(exp))?.unwrap_or_default();
    let (numbers, rest) = stored.as_chunks();
    let (ranges, odd) = numbers.as_chunks();
    if !rest.is_empty() || !odd.is_empty() {
        return Err(StoreError::Damaged("the lists that were passed over"));
    }
    let range =
        |[first, end]: &[[u8; 4]; 2]| (u32::from_be_bytes(*first), u32::from_be_bytes(*end));
    let lists = lists_of(counter(tables.find(Table::Meta, &counter_key(exp))?)?);
    Ok(DayLists { exp, lists, passed_over: ranges.iter().map(range).collect() })
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
    // The count is read first: a change between the two reads makes the list newer than its count, never
    // older.
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

pub(super) fn allocate_passes(
    transaction: &mut Transaction,
    secret: &[u8; 32],
    PassesAsked { person, device, passes, proven, at }: &PassesAsked,
) -> Result<PassesGiven, StoreError> {
    let found: Person =
        decode(&transaction.find(Table::Persons, &person.0)?.ok_or(StoreError::NotFound)?)?;
    match found.account {
        Account::Active => {}
        Account::Frozen => return Err(StoreError::AccountFrozen),
        Account::Revoked => return Err(StoreError::AccountState),
    }
    // It may have been ended since its token was looked up.
    if let Some(device) = device
        && !families::is_open(transaction, *person, *device, *at)?
    {
        return Err(StoreError::AccountState);
    }
    // What ends with the first passes of a new device ends before they are there.
    let (mut changes, mut kept) = (Vec::new(), Vec::new());
    let mut beside_vouched = None;
    if let Some(device) = *device {
        let session = Session { person: *person, device };
        // The offer vouches for the first strip, and a key of it for the next ones.
        let standing = if families::is_new(transaction, *person, device)? {
            Standing::Vouched
        } else {
            holdings::standing(transaction, session, proven, *at)?
        };
        // The phone itself would have had such a key vouch, as long as it has it.
        if standing != Standing::Vouched && holdings::has_vouched_pass(transaction, session, *at)? {
            beside_vouched = Some(session);
        }
        changes = families::arrive(transaction, *person, device, *at)?;
        kept = Holding::new(device, *at, standing).encode();
    }
    let epoch = read_epoch(transaction.find(Table::Meta, EPOCH)?)?;
    let holder = PassHolder::from(&found);
    let mut given = Given::count(transaction, *person, *device)?;
    let mut indices = Vec::with_capacity(passes.len());
    for PassAsked { exp, key: device_key } in passes {
        // Where the counter of a day is gone, what it gave must not be given again.
        if exp <= at || *exp <= transaction.forgotten.days {
            return Err(StoreError::Exhausted);
        }
        given.take(*exp)?;
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
        transaction.put(Table::Holdings, &holding, kept.clone());
        indices.push(index);
    }
    let passes = passes.len() as u64;
    transaction.audit(AuditEvent::Issued { person: person.to_string(), passes }, *at)?;
    if let Some(session) = beside_vouched {
        let kind = EventKind::PassesUnproven;
        families::tell_once_a_day(transaction, session, kind, "unproven_passes", *at)?;
    }
    Ok(PassesGiven { indices, changes })
}
