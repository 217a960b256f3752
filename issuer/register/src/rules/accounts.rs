//! The states of accounts.

use super::events::Told;
use super::families::Ending;
use super::transaction::Transaction;
use super::{deeds, events, families, grants, holdings, people, requests, statuses};
use crate::audit::AuditEvent;
use crate::rows::{Answered, Deed, Doer, Persons, Record, Retries};
use crate::{
    ACCESS_SECONDS, Account, AccountChange, Approval, DeviceId, EndReason, EventKind, Freezing,
    LossReport, LossReported, OtherDevices, Person, PersonId, Request, RequestFault, RequestId,
    Session, StatusChange, StoreError, Suspension,
};

pub(super) fn set_account(
    transaction: &mut Transaction,
    change: AccountChange,
    asked_by: Option<String>,
) -> Result<Vec<StatusChange>, StoreError> {
    let AccountChange { person: id, account, keep, back, actor, reason, at } = change;
    let person = open_account(transaction, id)?;
    check_kept(transaction, &person, keep)?;
    let ending_with_it = match account {
        Account::Active => ended_by_lifting(transaction, &person, back.as_deref())?,
        Account::Frozen | Account::Revoked => Vec::new(),
    };
    let turn = Turn { account, actor: &actor, asked_by, reason, device: None, at };
    // A registrar's word stops everything, and ends nothing for good.
    let suspension = (account == Account::Frozen).then_some(Suspension { keep });
    turn.put(transaction, person, suspension)?;
    let ending = |why| Ending { why, actor: &actor, at };
    match account {
        Account::Active => {
            // An ended device gets nothing back, not even what was suspended of it: of one that was copied,
            // some of it may be the thief's.
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
        Account::Frozen => statuses::set(transaction, id, |_| Some(statuses::SUSPENDED)),
    }
}

/// A loss that a person reports on one of their devices: everything is stopped. Together with a key that
/// gives the device's word it ends the others for good, and the device goes on. Without one nobody knows more
/// than that somebody has a token: nothing ends, and nothing goes on. A report that stops nothing more
/// changes nothing, or a copied token would end each lifting that waits. Nor does one that was heard before
/// and comes once more: what it was about may be over.
pub(super) fn report_loss(
    transaction: &mut Transaction,
    report: &LossReport,
) -> Result<LossReported, StoreError> {
    let Session { person: id, device } = report.holder;
    let person = open_account(transaction, id)?;
    // Its token was good a moment ago.
    if !families::is_there(transaction, id, device)? {
        return Err(StoreError::AccountState);
    }
    if person.suspends(device) {
        return Err(StoreError::AccountFrozen);
    }
    let Some(key) = report.key else { return hear_loss(transaction, person, report) };
    match transaction.find::<Retries>(&key)? {
        None => {}
        Some(Answered::Loss(others)) => return Ok(LossReported { others, changes: Vec::new() }),
        Some(Answered::Scan(_)) => return Err(StoreError::Damaged(Answered::WHAT)),
    }
    let heard = hear_loss(transaction, person, report)?;
    transaction.put::<Retries>(&key, &Answered::Loss(heard.others));
    // No copy of it is taken once its access token is over.
    transaction.note_expiry::<Retries>(report.at.saturating_add(ACCESS_SECONDS), &key);
    Ok(heard)
}

fn hear_loss(
    transaction: &mut Transaction,
    person: Person,
    LossReport { holder, proven, checked, at, .. }: &LossReport,
) -> Result<LossReported, StoreError> {
    let Session { person: id, device } = *holder;
    let mut left = families::there(transaction, id)?;
    left.retain(|other| *other != device);
    let is_alone = left.is_empty();
    let is_proven = holdings::give_word(transaction, *holder, proven, *checked)?;
    if !is_proven {
        left.retain(|other| !person.suspends(*other));
    }
    if person.account == Account::Frozen && left.is_empty() {
        let others = if is_alone { OtherDevices::Ended } else { OtherDevices::Suspended };
        return Ok(LossReported { others, changes: Vec::new() });
    }
    let turn = Turn {
        account: Account::Frozen,
        actor: events::HOLDER,
        asked_by: None,
        reason: "reported_lost".into(),
        // The owner sees where it was the one that is lost.
        device: families::name_of(transaction, id, device)?,
        at: *at,
    };
    if !is_proven {
        turn.put(transaction, person, Some(Suspension { keep: None }))?;
        let changes = statuses::set(transaction, id, |_| Some(statuses::SUSPENDED))?;
        return Ok(LossReported { others: OtherDevices::Suspended, changes });
    }
    let suspension = person.suspension;
    turn.put(transaction, person, suspension)?;
    let ending = Ending { why: EndReason::Frozen, actor: events::HOLDER, at: *at };
    let mut changes = families::end_others(transaction, id, Some(device), ending)?;
    let suspend = |of| (of == Some(device)).then_some(statuses::SUSPENDED);
    changes.extend(statuses::set(transaction, id, suspend)?);
    Ok(LossReported { others: OtherDevices::Ended, changes })
}

/// Freezes an account in the service's name. Every device stays that nobody has ended, with its passes
/// suspended; where it is suspended itself as by a registrar's freeze, it comes back with a lifting that
/// names it.
pub(super) fn freeze_what_is_there(
    transaction: &mut Transaction,
    id: PersonId,
    suspension: Option<Suspension>,
    reason: &str,
    at: u64,
) -> Result<(), StoreError> {
    let person = transaction.find::<Persons>(&id)?.ok_or(StoreError::NotFound)?;
    let (account, actor, reason) = (Account::Frozen, events::SERVICE, reason.into());
    let turn = Turn { account, actor, asked_by: None, reason, device: None, at };
    turn.put(transaction, person, suspension)?;
    statuses::set(transaction, id, |_| Some(statuses::SUSPENDED)).map(drop)
}

/// That an account gets another state, whatever becomes of its devices.
struct Turn<'a> {
    account: Account,
    actor: &'a str,
    asked_by: Option<String>,
    reason: String,
    /// The name of the device that brought it about.
    device: Option<String>,
    at: u64,
}

impl Turn<'_> {
    /// Keeps it in the person's row and in the audit, tells the person, and ends what was begun in another
    /// state.
    fn put(
        self,
        transaction: &mut Transaction,
        mut person: Person,
        suspension: Option<Suspension>,
    ) -> Result<(), StoreError> {
        let Turn { account, actor, asked_by, reason, device, at } = self;
        let id = person.id;
        (person.account, person.suspension, person.updated_at) = (account, suspension, at);
        people::put_person(transaction, &person)?;
        let (word, by) = (account.word().into(), actor.into());
        let event = AuditEvent::Account {
            person: id.to_string(),
            account: word,
            actor: by,
            asked_by,
            reason,
        };
        let number = transaction.audit(event, at)?;
        events::put(transaction, id, Told { kind: told(account), device, actor }, number, at)?;
        // What was begun for an account in another state is not finished when it has that state again.
        requests::end_overtaken(transaction, id, account, actor, at)?;
        if account != Account::Active {
            grants::end_all(transaction, id)?;
        }
        Ok(())
    }
}

/// A person whose account is not over.
fn open_account(transaction: &Transaction, id: PersonId) -> Result<Person, StoreError> {
    let person = transaction.find::<Persons>(&id)?.ok_or(StoreError::NotFound)?;
    match person.account {
        Account::Active | Account::Frozen => Ok(person),
        Account::Revoked => Err(StoreError::AccountState),
    }
}

/// Refuses to keep a device that is not one of the person's, was ended, or that an earlier freeze stopped.
fn check_kept(
    transaction: &Transaction,
    person: &Person,
    keep: Option<DeviceId>,
) -> Result<(), StoreError> {
    match keep {
        Some(device)
            if !families::is_there(transaction, person.id, device)? || person.suspends(device) =>
        {
            Err(StoreError::DeviceNotKept)
        }
        _ => Ok(()),
    }
}

/// Freezes in a registrar's name, or keeps the freeze for a second one where this one has frozen many alone.
/// A freeze that stops nothing more changes nothing: a lifting that waits goes on, or one registrar alone
/// would end each one.
pub(super) fn freeze(
    transaction: &mut Transaction,
    change: AccountChange,
    request: RequestId,
) -> Result<Result<Freezing, RequestFault>, StoreError> {
    let person = transaction.find::<Persons>(&change.person)?.ok_or(StoreError::NotFound)?;
    if person.account != Account::Revoked {
        check_kept(transaction, &person, change.keep)?;
    }
    let stops_nothing = person.account == Account::Frozen
        && person
            .suspension
            .as_ref()
            .is_some_and(|before| before.keep.is_none() || before.keep == change.keep);
    if stops_nothing {
        return Ok(Ok(Freezing::Done(Vec::new())));
    }
    let by = change.actor.clone();
    if person.account != Account::Revoked {
        let doer = Doer::named(&by);
        let done = deeds::count(transaction, Deed::Freeze, &doer)?;
        if done >= deeds::alone(Deed::Freeze) {
            let AccountChange { person, account, keep, reason, at, .. } = change;
            let devices = Some(keep.into_iter().collect());
            let act = Approval::Account { person, account, reason, devices };
            let request =
                Request { id: request, act, asked_by: by, asked_at: at, approved_on: None };
            return Ok(requests::request_approval(transaction, &request)?
                .map(|asked| Freezing::Waits(asked.request)));
        }
        deeds::note(transaction, Deed::Freeze, doer, change.at)?;
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
pub(super) fn is_suspended(person: Option<&Person>, device: DeviceId) -> bool {
    person.is_some_and(|person| person.suspends(device))
}

/// Whether a freeze stopped all devices of this person, so that nobody can tell which one was lost, if any
/// was.
pub(super) fn keeps_none(person: Option<&Person>) -> bool {
    let suspension = person.and_then(|person| person.suspension.as_ref());
    suspension.is_some_and(|suspension| suspension.keep.is_none())
}

fn told(account: Account) -> EventKind {
    match account {
        Account::Active => EventKind::Active,
        Account::Frozen => EventKind::Frozen,
        Account::Revoked => EventKind::Revoked,
    }
}
