//! Persons, their accounts, and the status indices of their passes.

use szid_protocol::pass::STATUS_LIST_ENTRIES;

use super::events::Told;
use super::permutation::derive_index;
use super::quota::Given;
use super::transaction::Transaction;
use super::{events, families, grants, holdings};
use crate::audit::AuditEvent;
use crate::backend::View;
use crate::rows::{
    DayCounters, Epoch, Holding, Holdings, ListRange, Lookup, PassKey, PassRow, PassedOver, Passes,
    Persons, Standing,
};
use crate::{
    Account, DayLists, Enrolment, EventKind, PassAsked, PassHolder, PassesAsked, PassesGiven,
    Person, PersonId, Session, StoreError,
};

pub(super) fn enrol(
    transaction: &mut Transaction,
    enrolment: Enrolment,
) -> Result<PersonId, StoreError> {
    if transaction.has::<Lookup>(&enrolment.lookup)? {
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
    transaction.put::<Lookup>(&enrolment.lookup, &id);
    let actor = enrolment.actor;
    let event = AuditEvent::Enrolled {
        person: id.to_string(),
        level: person.claimed_level(enrolment.at),
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
    for (_, pass) in transaction.keys::<Holdings>(&person.id)? {
        let row = transaction.find::<Passes>(&pass)?;
        let row = row.ok_or(StoreError::Damaged("a pass without its row"))?;
        transaction.put::<Passes>(&pass, &PassRow { holder, ..row });
    }
    Ok(())
}

/// Keeps a person of whom nothing changes that the rows of passes say.
pub(super) fn put_row(transaction: &mut Transaction, person: &Person) {
    transaction.put::<Persons>(&person.id, person);
}

/// How many lists a day has, at least one.
pub(super) fn lists(transaction: &Transaction, exp: u64) -> Result<u32, StoreError> {
    Ok(lists_of(transaction.find::<DayCounters>(&exp)?.unwrap_or(0)))
}

/// How many lists hold so many passes, at least one.
pub(super) fn lists_of(passes: u32) -> u32 {
    passes.div_ceil(STATUS_LIST_ENTRIES).max(1)
}

/// The lists of a day that a pass of this register may point to.
pub(super) fn named_lists(tables: &dyn View, exp: u64) -> Result<Vec<u32>, StoreError> {
    let DayLists { lists, passed_over, .. } = day_lists(tables, exp)?;
    let is_passed_over =
        |list: &u32| passed_over.iter().any(|(first, end)| (first..end).contains(&list));
    Ok((0..lists).filter(|list| !is_passed_over(list)).collect())
}

/// How many lists a day has, and which of them a restoration has passed over: there may have been such lists,
/// and this register issued no pass in any of them.
pub(super) fn day_lists(tables: &dyn View, exp: u64) -> Result<DayLists, StoreError> {
    let ranges = tables.find::<PassedOver>(&exp)?.unwrap_or_default();
    let passed_over = ranges.iter().map(|ListRange { first, end }| (*first, *end)).collect();
    let lists = lists_of(tables.find::<DayCounters>(&exp)?.unwrap_or(0));
    Ok(DayLists { exp, lists, passed_over })
}

pub(crate) fn allocate_passes(
    transaction: &mut Transaction,
    secret: &[u8; 32],
    PassesAsked { person, device, passes, proven, at }: &PassesAsked,
) -> Result<PassesGiven, StoreError> {
    let found = transaction.find::<Persons>(person)?.ok_or(StoreError::NotFound)?;
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
    let (mut changes, mut kept) = (Vec::new(), None);
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
        kept = Some(Holding { device, given_at: *at, standing });
    }
    let epoch = transaction.find::<Epoch>(&())?.unwrap_or(0);
    let holder = PassHolder::from(&found);
    let mut given = Given::count(transaction, *person, *device)?;
    let mut indices = Vec::with_capacity(passes.len());
    for PassAsked { exp, key: device_key } in passes {
        // Where the counter of a day is gone, what it gave must not be given again.
        if exp <= at || *exp <= transaction.forgotten.days {
            return Err(StoreError::Exhausted);
        }
        given.take(*exp)?;
        transaction.floors.days.lower(*exp);
        let count = transaction.find::<DayCounters>(exp)?.unwrap_or(0);
        let next = count.checked_add(1).ok_or(StoreError::Exhausted)?;
        transaction.put::<DayCounters>(exp, &next);
        let index = derive_index(secret, epoch, *exp, count);
        let pass = PassKey::new(*exp, index);
        transaction.put::<Passes>(&pass, &PassRow { holder, key: Some(*device_key) });
        transaction.put::<Holdings>(&(*person, pass), &kept);
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
