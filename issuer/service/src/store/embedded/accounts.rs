//! The states of accounts.

use crate::audit::AuditEvent;
use crate::store::{
    Account, AccountChange, Act, DeviceId, EndReason, EventKind, Freezing, Person, PersonId,
    RESERVED_NAMES, Request, RequestFault, RequestId, StatusChange, StoreError, Suspension,
};

use super::deeds::{self, Deed};
use super::events::Told;
use super::families::Ending;
use super::records::{decode, decode_found};
use super::tables::Table;
use super::transaction::Transaction;
use super::{events, families, grants, holdings, people, requests, statuses};

pub(super) fn set_account(
    transaction: &mut Transaction,
    change: AccountChange,
    asked_by: Option<String>,
) -> Result<Vec<StatusChange>, StoreError> {
    let AccountChange { person: id, account, keep, back, actor, reason, at } = change;
    let mut person: Person =
        decode(&transaction.find(Table::Persons, &id.0)?.ok_or(StoreError::NotFound)?)?;
    if person.account == Account::Revoked {
        return Err(StoreError::AccountState);
    }
    if let Some(device) = keep
        && (!families::is_there(transaction, id, device)? || person.suspends(device))
    {
        return Err(StoreError::NotFound);
    }
    // One registrar's word stops everything, and ends nothing for good. Nor does that of a device of which nobody knows more than
    // that it has a token; and it is none that goes on.
    let by_nobody_known = match keep.filter(|_| account == Account::Frozen && !is_registrar(&actor))
    {
        Some(device) => !holdings::has_given_word(transaction, id, device)?,
        None => false,
    };
    let suspends = account == Account::Frozen && (is_registrar(&actor) || by_nobody_known);
    let ending_with_it = match account {
        Account::Active => ended_by_lifting(transaction, &person, back.as_deref())?,
        Account::Frozen | Account::Revoked => Vec::new(),
    };
    person.account = account;
    person.suspension = match account {
        Account::Frozen if by_nobody_known => Some(Suspension { keep: None }),
        Account::Frozen if suspends => Some(Suspension { keep }),
        Account::Frozen => person.suspension,
        Account::Active | Account::Revoked => None,
    };
    person.updated_at = at;
    people::put_person(transaction, &person)?;
    let (word, by) = (account.word().into(), actor.clone());
    let event =
        AuditEvent::Account { person: id.to_string(), account: word, actor: by, asked_by, reason };
    let number = transaction.audit(event, at)?;
    // Which device reported a loss: the owner sees where it was the one that is lost.
    let device = match keep.filter(|_| actor == events::HOLDER) {
        Some(device) => families::name_of(transaction, id, device)?,
        None => None,
    };
    events::put(transaction, id, Told { kind: told(account), device, actor: &actor }, number, at)?;
    if account != Account::Active {
        // What was begun for an account in another state is not finished when it has that state again.
        requests::end_overtaken(transaction, id, account, &actor, at)?;
        grants::end_all(transaction, id)?;
    }
    let ending = |why| Ending { why, actor: &actor, at };
    match account {
        Account::Active => {
            // An ended device gets nothing back, not even what was suspended of it: of one that was copied, some of it may be
            // the thief's.
            let mut changes = Vec::new();
            for device in ending_with_it {
                let ending = ending(EndReason::Frozen);
                changes.extend(families::end(transaction, id, device, ending)?);
            }
            let ended = families::ended(transaction, id)?;
            let is_ended = |device: Option<DeviceId>| device.is_some_and(|of| ended.contains(&of));
            changes.extend(statuses::set(transaction, id, |of| {
                (!is_ended(of)).then_some(statuses::VALID)
            })?);
            Ok(changes)
        }
        Account::Revoked => families::end_others(transaction, id, None, ending(EndReason::Revoked)),
        Account::Frozen if suspends => {
            statuses::set(transaction, id, |_| Some(statuses::SUSPENDED))
        }
        Account::Frozen => {
            let ending = ending(EndReason::Frozen);
            let mut changes = families::end_others(transaction, id, keep, ending)?;
            let suspend = |device| (device == keep).then_some(statuses::SUSPENDED);
            changes.extend(statuses::set(transaction, id, suspend)?);
            Ok(changes)
        }
    }
}

/// Freezes an account in the service's name. Every device stays that nobody has ended, with its passes suspended; where it is
/// suspended itself as by a registrar's freeze, it comes back with a lifting that names it.
pub(super) fn freeze_what_is_there(
    transaction: &mut Transaction,
    id: PersonId,
    suspension: Option<Suspension>,
    reason: &str,
    at: u64,
) -> Result<(), StoreError> {
    let found = transaction.find(Table::Persons, &id.0)?.ok_or(StoreError::NotFound)?;
    let (account, actor) = (Account::Frozen, events::SERVICE);
    let person = Person { account, suspension, updated_at: at, ..decode(&found)? };
    people::put_person(transaction, &person)?;
    let event = AuditEvent::Account {
        person: id.to_string(),
        account: account.word().into(),
        actor: actor.into(),
        asked_by: None,
        reason: reason.into(),
    };
    let number = transaction.audit(event, at)?;
    events::put(transaction, id, Told::of(EventKind::Frozen, actor), number, at)?;
    requests::end_overtaken(transaction, id, account, actor, at)?;
    grants::end_all(transaction, id)?;
    statuses::set(transaction, id, |_| Some(statuses::SUSPENDED)).map(drop)
}

/// Freezes in a registrar's name, or keeps the freeze for a second one where this one has frozen many alone. A freeze that
/// stops nothing more changes nothing: a lifting that waits goes on, or one registrar alone would end each one.
pub(super) fn freeze(
    transaction: &mut Transaction,
    change: AccountChange,
    request: RequestId,
) -> Result<Result<Freezing, RequestFault>, StoreError> {
    let found: Option<Person> = decode_found(transaction.find(Table::Persons, &change.person.0)?)?;
    let person = found.ok_or(StoreError::NotFound)?;
    let stops_nothing = person.account == Account::Frozen
        && person
            .suspension
            .as_ref()
            .is_some_and(|before| before.keep.is_none() || before.keep == change.keep);
    if stops_nothing {
        let is_stopped = change.keep.is_some_and(|device| person.suspends(device));
        return if is_stopped {
            Err(StoreError::NotFound)
        } else {
            Ok(Ok(Freezing::Done(Vec::new())))
        };
    }
    let by = change.actor.clone();
    if person.account != Account::Revoked {
        let done = deeds::count(transaction, Deed::Freeze, by.as_bytes())?;
        if done >= Deed::Freeze.alone() {
            let AccountChange { person, account, keep, reason, at, .. } = change;
            let devices = Some(keep.into_iter().collect());
            let act = Act::Account { person, account, reason, devices };
            let request =
                Request { id: request, act, asked_by: by, asked_at: at, approved_on: None };
            return Ok(requests::ask(transaction, &request)?.map(Freezing::Waits));
        }
        deeds::note(transaction, Deed::Freeze, by.as_bytes(), change.at)?;
    }
    Ok(Ok(Freezing::Done(set_account(transaction, change, None)?)))
}

/// The devices that end with a lifting.
fn ended_by_lifting(
    transaction: &Transaction,
    person: &Person,
    back: Option<&[DeviceId]>,
) -> Result<Vec<DeviceId>, StoreError> {
    let mut there = families::there(transaction, person.id)?;
    there.retain(|device| match back {
        Some(back) => !back.contains(device),
        None => person.suspends(*device),
    });
    Ok(there)
}

/// Whether a freeze stopped this device, by the row of its person.
pub(super) fn is_suspended(person: Option<Vec<u8>>, device: DeviceId) -> Result<bool, StoreError> {
    Ok(decode_found::<Person>(person)?.is_some_and(|person| person.suspends(device)))
}

/// Whether a freeze stopped all devices of this person, so that nobody can tell which one was lost, if any was.
pub(super) fn keeps_none(person: Option<Vec<u8>>) -> Result<bool, StoreError> {
    let suspension = decode_found::<Person>(person)?.and_then(|person| person.suspension);
    Ok(suspension.is_some_and(|suspension| suspension.keep.is_none()))
}

/// Neither the holder nor what the service does by itself.
fn is_registrar(actor: &str) -> bool {
    !RESERVED_NAMES.contains(&actor)
}

fn told(account: Account) -> EventKind {
    match account {
        Account::Active => EventKind::Active,
        Account::Frozen => EventKind::Frozen,
        Account::Revoked => EventKind::Revoked,
    }
}
