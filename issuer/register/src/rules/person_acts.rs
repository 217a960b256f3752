//! What two registrars do to somebody known: another state, another enrolment, another name or level.

use super::events::{self, HOLDER, Told};
use super::requests::{self, Step};
use super::transaction::Transaction;
use super::{accounts, deeds, families, grants, people, statuses};
use crate::audit::AuditEvent;
use crate::rows::{Deed, Doer, Persons, Requests};
use crate::{
    Account, AccountChange, AccountConfirmed, Approval, Approvers, EventKind, Evidence, Grant,
    OTHER_EVIDENCE, Person, PersonChange, PersonId, REGISTRAR, Request, RequestFault, RequestId,
    Session, StatusChange, StoreError, look_the_same,
};

/// What became of a request: done, or why not.
type Confirmed<T> = Result<Result<T, RequestFault>, StoreError>;

/// Takes a registrar's request out, if this one may confirm it, and does its act.
pub(super) fn confirm<T>(
    transaction: &mut Transaction,
    id: &RequestId,
    actor: String,
    at: u64,
    act: impl FnOnce(&mut Transaction, Request, String, u64) -> Confirmed<T>,
) -> Confirmed<T> {
    match requests::take(transaction, &Approvers::Registrars, id, &actor, at)? {
        Ok(request) => {
            let done = act(transaction, request.clone(), actor.clone(), at)?;
            if matches!(done, Err(RequestFault::Outdated)) {
                requests::note(transaction, &request, Step::Outdated, actor, None, at)?;
            }
            Ok(done)
        }
        Err(fault) => Ok(Err(fault)),
    }
}

/// Writes down that a registrar looks at a person's devices.
pub(super) fn note_look(
    transaction: &mut Transaction,
    person: PersonId,
    registrar: &str,
    at: u64,
) -> Confirmed<()> {
    read_person(transaction, person)?;
    let doer = Doer::about(registrar, person.0);
    if deeds::count(transaction, Deed::Look, &doer)? >= deeds::alone(Deed::Look) {
        return Ok(Err(RequestFault::TooOften));
    }
    deeds::note(transaction, Deed::Look, doer, at)?;
    let event = AuditEvent::DevicesRead { person: person.to_string(), actor: registrar.to_owned() };
    let number = transaction.audit(event, at)?;
    events::put(transaction, person, Told::of(EventKind::DevicesRead, registrar), number, at)?;
    Ok(Ok(()))
}

pub(super) fn confirm_account(
    transaction: &mut Transaction,
    request: Request,
    actor: String,
    at: u64,
) -> Confirmed<AccountConfirmed> {
    let Approval::Account { person, account, reason, devices } = request.act else {
        return Err(StoreError::Damaged("a request"));
    };
    let (keep, back) = match account {
        Account::Frozen => (devices.and_then(|devices| devices.first().copied()), None),
        Account::Active | Account::Revoked => (None, devices),
    };
    // It was so already when this was asked for, a moment too early to be seen.
    let is_so =
        account == Account::Active && read_person(transaction, person)?.account == Account::Active;
    if is_so {
        return Ok(Err(RequestFault::Outdated));
    }
    let change = AccountChange { person, account, keep, back, actor, reason, at };
    let changes = accounts::set_account(transaction, change, Some(request.asked_by))?;
    Ok(Ok(AccountConfirmed { person, account, changes }))
}

pub(super) fn confirm_enrolment(
    transaction: &mut Transaction,
    request: Request,
    actor: String,
    at: u64,
    offer_hash: [u8; 32],
    mut grant: Grant,
) -> Confirmed<PersonId> {
    let Approval::Enrolment { person: id, devices } = request.act else {
        return Err(StoreError::Damaged("a request"));
    };
    let mut person = read_person(transaction, id)?;
    // A freeze ends such requests; lifting it is an act of its own.
    if person.account == Account::Frozen {
        return Err(StoreError::AccountFrozen);
    }
    let was_revoked = person.account == Account::Revoked;
    if was_revoked {
        person.account = Account::Active;
        person.updated_at = at;
        people::put_person(transaction, &person)?;
    }
    grant.person = id;
    grant.devices = devices;
    // On whose word the offer rests besides the one who hands it over.
    grant.approved_on = request.approved_on.filter(|_| look_the_same(&request.asked_by, &actor));
    grant.made_by.clone_from(&actor);
    grants::put(transaction, offer_hash, &grant)?;
    let event = AuditEvent::Enrolled {
        person: id.to_string(),
        level: person.claimed_level(at),
        actor: actor.clone(),
        asked_by: Some(request.asked_by),
    };
    let number = transaction.audit(event, at)?;
    let told = Told::of(EventKind::EnrolmentConfirmed, &actor);
    events::put(transaction, id, told, number, at)?;
    if was_revoked {
        let event = AuditEvent::Account {
            person: id.to_string(),
            account: Account::Active.word().into(),
            actor: actor.clone(),
            asked_by: None,
            reason: "enrolled_again".into(),
        };
        let number = transaction.audit(event, at)?;
        events::put(transaction, id, Told::of(EventKind::Active, &actor), number, at)?;
    }
    Ok(Ok(id))
}

pub(super) fn confirm_change(
    transaction: &mut Transaction,
    request: Request,
    actor: String,
    at: u64,
) -> Confirmed<AccountConfirmed> {
    let Approval::Change(change) = request.act else {
        return Err(StoreError::Damaged("a request"));
    };
    let mut person = read_person(transaction, change.person)?;
    if person.account == Account::Revoked {
        return Err(StoreError::AccountState);
    }
    // It says what is to be kept of the person as a whole, so it must not undo another change.
    if person.sealed.digest() != change.made_from {
        return Ok(Err(RequestFault::Outdated));
    }
    let proves = ["identity_level", "method"].iter().any(|what| change.changes(what));
    // A registrar's word takes the place of the registrars' own of before. What others proved is independent
    // of it and stays, unless it was under the name that changes, or would hold up a level that is lowered.
    let ends_others = ["name", OTHER_EVIDENCE].iter().any(|what| change.changes(what));
    person.evidence.retain(|found| match found.connector == REGISTRAR {
        true => !proves,
        false => !ends_others,
    });
    if proves {
        let (document_class, at) = (person.document_class, at);
        person.evidence.push(Evidence { document_class, at, ..change.evidence.clone() });
    }
    person.sealed.clone_from(&change.sealed);
    person.updated_at = at;
    people::put_person(transaction, &person)?;
    let changes = tell_of_change(transaction, &change, &actor, request.asked_by, at)?;
    Ok(Ok(AccountConfirmed { person: person.id, account: person.account, changes }))
}

/// Passes say the level, and those who look at them may be told the name: what is out is replaced.
fn tell_of_change(
    transaction: &mut Transaction,
    change: &PersonChange,
    actor: &str,
    asked_by: String,
    at: u64,
) -> Result<Vec<StatusChange>, StoreError> {
    let event = AuditEvent::PersonChanged {
        person: change.person.to_string(),
        changed: change.changed.clone(),
        level: change.evidence.level,
        actor: actor.into(),
        asked_by,
        reason: change.reason.clone(),
    };
    let number = transaction.audit(event, at)?;
    let kind = if change.changes("name") {
        EventKind::NameChanged
    } else if change.changes("identity_level") {
        EventKind::LevelChanged
    } else {
        EventKind::DetailsChanged
    };
    events::put(transaction, change.person, Told::of(kind, actor), number, at)?;
    if kind == EventKind::DetailsChanged {
        return Ok(Vec::new());
    }
    statuses::set(transaction, change.person, |_| Some(statuses::REVOKED))
}

/// The person's own word from a device: it takes the place of the second registrar's, as long as that device
/// is not ended.
pub(super) fn approve_enrolment(
    transaction: &mut Transaction,
    Session { person, device }: Session,
    id: &RequestId,
    at: u64,
) -> Result<Result<(), RequestFault>, StoreError> {
    let key = requests::key(&Approvers::Registrars, id);
    let mut request = match requests::find(transaction, &key)? {
        Ok(request) => request,
        Err(fault) => return Ok(Err(fault)),
    };
    match request.act {
        Approval::Enrolment { person: concerned, .. } if concerned == person => {}
        _ => return Ok(Err(RequestFault::Unknown)),
    }
    if request.is_over(at) {
        return Ok(Err(RequestFault::Expired));
    }
    match read_person(transaction, person)?.account {
        Account::Active if families::is_open(transaction, person, device, at)? => {}
        Account::Frozen => return Err(StoreError::AccountFrozen),
        Account::Active | Account::Revoked => return Err(StoreError::AccountState),
    }
    request.approved_on = Some(device);
    transaction.put::<Requests>(&key, &request);
    requests::note(transaction, &request, Step::Approved, HOLDER.into(), None, at)?;
    Ok(Ok(()))
}

pub(super) fn read_person(transaction: &Transaction, id: PersonId) -> Result<Person, StoreError> {
    transaction.find::<Persons>(&id)?.ok_or(StoreError::NotFound)
}
