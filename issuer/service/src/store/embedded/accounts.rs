//! The states of accounts.

use crate::audit::AuditEvent;
use crate::store::{
    Account, AccountChange, DeviceId, EndReason, EventKind, Person, PersonId, StatusChange,
    StoreError,
};

use super::events::Told;
use super::families::Ending;
use super::records::decode;
use super::tables::Table;
use super::transaction::Transaction;
use super::{events, families, grants, people, requests, statuses};

pub(super) fn set_account(
    transaction: &mut Transaction,
    change: AccountChange,
    asked_by: Option<String>,
) -> Result<Vec<StatusChange>, StoreError> {
    let AccountChange { person: id, account, keep, actor, reason, at } = change;
    let mut person: Person =
        decode(&transaction.find(Table::Persons, &id.0)?.ok_or(StoreError::NotFound)?)?;
    if person.account == Account::Revoked {
        return Err(StoreError::AccountState);
    }
    if let Some(device) = keep
        && !families::is_there(transaction, id, device)?
    {
        return Err(StoreError::NotFound);
    }
    person.account = account;
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
            let ended = families::ended(transaction, id)?;
            let is_ended = |device: Option<DeviceId>| device.is_some_and(|of| ended.contains(&of));
            statuses::set(transaction, id, |of| (!is_ended(of)).then_some(statuses::VALID))
        }
        Account::Revoked => families::end_others(transaction, id, None, ending(EndReason::Revoked)),
        Account::Frozen => {
            let ending = ending(EndReason::Frozen);
            let mut changes = families::end_others(transaction, id, keep, ending)?;
            let suspend = |device| (device == keep).then_some(statuses::SUSPENDED);
            changes.extend(statuses::set(transaction, id, suspend)?);
            Ok(changes)
        }
    }
}

/// Freezes an account in the service's name. Every device stays that nobody has ended, with its passes suspended.
pub(super) fn freeze_what_is_there(
    transaction: &mut Transaction,
    id: PersonId,
    reason: &str,
    at: u64,
) -> Result<(), StoreError> {
    let found = transaction.find(Table::Persons, &id.0)?.ok_or(StoreError::NotFound)?;
    let (account, actor) = (Account::Frozen, events::SERVICE);
    let person = Person { account, updated_at: at, ..decode(&found)? };
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

fn told(account: Account) -> EventKind {
    match account {
        Account::Active => EventKind::Active,
        Account::Frozen => EventKind::Frozen,
        Account::Revoked => EventKind::Revoked,
    }
}
