//! The states of accounts.

use crate::audit::AuditEvent;
use crate::store::{Account, AccountChange, EventKind, Person, StatusChange, StoreError};

use super::events::Told;
use super::records::decode;
use super::tables::Table;
use super::transaction::Transaction;
use super::{events, families, people, statuses};

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
        && !families::is_open(transaction, id, device, at)?
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
    events::put(transaction, id, Told::of(told(account), &actor), number, at);
    match account {
        Account::Active => statuses::set(transaction, id, |_| Some(statuses::VALID)),
        Account::Revoked => families::end_others(transaction, id, None, &actor, at),
        Account::Frozen => {
            let mut changes = families::end_others(transaction, id, keep, &actor, at)?;
            let suspend = |device| (device == keep).then_some(statuses::SUSPENDED);
            changes.extend(statuses::set(transaction, id, suspend)?);
            Ok(changes)
        }
    }
}

fn told(account: Account) -> EventKind {
    match account {
        Account::Active => EventKind::Active,
        Account::Frozen => EventKind::Frozen,
        Account::Revoked => EventKind::Revoked,
    }
}
