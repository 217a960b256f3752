//! Evidence that connectors bring.

use super::events::{self, HOLDER, Told};
use super::people;
use super::person_acts::read_person;
use super::transaction::Transaction;
use crate::audit::AuditEvent;
use crate::{Account, EventKind, Evidence, NewEvidence, RequestFault, StoreError};

/// The most pieces of evidence of one person: more than the ways and levels of any policy that is used.
const MAX_EVIDENCE: usize = 64;

/// Keeps evidence in the place of an older piece by the same way of the same level. What else there is stays:
/// more evidence never lowers a level.
pub(super) fn add_evidence(
    transaction: &mut Transaction,
    added: NewEvidence,
) -> Result<Result<(), RequestFault>, StoreError> {
    let NewEvidence { person: id, evidence, proven_of, at } = added;
    let mut person = read_person(transaction, id)?;
    match person.account {
        Account::Active => {}
        Account::Frozen => return Err(StoreError::AccountFrozen),
        Account::Revoked => return Err(StoreError::AccountState),
    }
    // It was proven of what was kept then: another name or document is proven anew.
    if person.sealed.digest() != proven_of || person.document_class != evidence.document_class {
        return Ok(Err(RequestFault::Outdated));
    }
    person.evidence.retain(|kept| !is_same(kept, &evidence));
    if person.evidence.len() >= MAX_EVIDENCE {
        return Ok(Err(RequestFault::Full));
    }
    let event = AuditEvent::Proof {
        person: id.to_string(),
        connector: evidence.connector.clone(),
        method: evidence.method.clone(),
        outcome: "proven".into(),
        level: Some(evidence.level),
    };
    person.evidence.push(evidence);
    person.updated_at = at;
    people::put_person(transaction, &person)?;
    let number = transaction.audit(event, at)?;
    events::put(transaction, id, Told::of(EventKind::IdentityProven, HOLDER), number, at)?;
    Ok(Ok(()))
}

fn is_same(kept: &Evidence, new: &Evidence) -> bool {
    let by = |one: &Evidence| (one.connector.clone(), one.method.clone(), one.level);
    by(kept) == by(new) && kept.document_class == new.document_class
}
