//! Acts that take two persons: one asks, another one confirms.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use crate::audit::AuditEvent;
use crate::store::{
    Act, AdminAct, Bearer, Circle, DeviceCredential, EventKind, PersonChange, PersonId, Place,
    Request, RequestFault, RequestId, StoreError, credential_id,
};

use super::events::Told;
use super::records::{Record, RowReader, RowWriter, decode, decode_found, encode};
use super::tables::{Table, Tables};
use super::tokens::{Expiring, note_expiry};
use super::transaction::Transaction;
use super::{administration, credentials, events, gates};

/// The kinds of acts about somebody known.
const ENROLMENT: u8 = 2;
const CHANGE: u8 = 3;

impl Record for Request {
    fn write(&self, row: &mut RowWriter) {
        row.array(&self.id);
        match &self.act {
            Act::Credential { venue, device } => {
                row.byte(0);
                row.text(venue);
                row.text(device);
            }
            Act::Account { person, account, reason } => {
                row.byte(1);
                row.array(&person.0);
                row.account(*account);
                row.text(reason);
            }
            Act::Enrolment { person, devices } => {
                row.byte(ENROLMENT);
                row.array(&person.0);
                row.device_rule(*devices);
            }
            Act::Change(change) => {
                row.byte(CHANGE);
                row.array(&change.person.0);
                row.byte(change.identity_level);
                row.text(&change.method);
                row.bytes(&change.sealed);
                row.array(&change.made_from);
                row.text(&change.changed.join(" "));
                row.text(&change.reason);
            }
            Act::Administration(act) => write_administration(act, row),
        }
        row.text(&self.asked_by);
        row.number(self.asked_at);
        row.byte(self.approved.into());
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        Some(Self {
            id: row.array()?,
            act: match row.byte()? {
                0 => Act::Credential { venue: row.text()?, device: row.text()? },
                1 => Act::Account {
                    person: PersonId(row.array()?),
                    account: row.account()?,
                    reason: row.text()?,
                },
                ENROLMENT => {
                    Act::Enrolment { person: PersonId(row.array()?), devices: row.device_rule()? }
                }
                CHANGE => Act::Change(Box::new(PersonChange {
                    person: PersonId(row.array()?),
                    identity_level: row.byte()?,
                    method: row.text()?,
                    sealed: row.bytes()?.to_vec(),
                    made_from: row.array()?,
                    changed: row.text()?.split_whitespace().map(str::to_owned).collect(),
                    reason: row.text()?,
                })),
                kind => Act::Administration(read_administration(kind, row)?),
            },
            asked_by: row.text()?,
            asked_at: row.number()?,
            // Version 3 knew no approvals.
            approved: row.1 >= 4 && row.flag()?,
        })
    }
}

/// The kinds of acts that administrators ask for.
const GIVE_CREDENTIAL: u8 = 16;
const CHANGE_GATE: u8 = 17;
const RESUME: u8 = 18;

fn write_administration(act: &AdminAct, row: &mut RowWriter) {
    match act {
        AdminAct::Credential(bearer) => {
            row.byte(GIVE_CREDENTIAL);
            bearer.write(row);
        }
        AdminAct::Gate { venue, device, key } => {
            row.byte(CHANGE_GATE);
            row.text(venue);
            row.text(device);
            row.array(key);
        }
        AdminAct::Resume(Place { venue, site }) => {
            row.byte(RESUME);
            row.text(venue);
            row.optional_text(site.as_deref());
        }
    }
}

fn read_administration(kind: u8, row: &mut RowReader<'_>) -> Option<AdminAct> {
    Some(match kind {
        GIVE_CREDENTIAL => AdminAct::Credential(Bearer::read(row)?),
        CHANGE_GATE => {
            AdminAct::Gate { venue: row.text()?, device: row.text()?, key: row.array()? }
        }
        RESUME => AdminAct::Resume(Place { venue: row.text()?, site: row.optional_text()? }),
        _ => return None,
    })
}

/// A venue's id has letters and no space: none is taken for the registrars or the administrators.
fn prefix(circle: &Circle) -> [u8; 16] {
    let name = match circle {
        Circle::Venue(venue) => venue.as_str(),
        Circle::Registrars => "",
        Circle::Administrators => " administrators",
    };
    let digest: [u8; 32] = Sha256::digest(name).into();
    let mut prefix = [0; 16];
    prefix.copy_from_slice(&digest[..16]);
    prefix
}

pub(super) fn key(circle: &Circle, id: &RequestId) -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(&prefix(circle));
    key[16..].copy_from_slice(id);
    key
}

pub(super) fn ask(
    transaction: &mut Transaction,
    request: &Request,
) -> Result<Result<(), RequestFault>, StoreError> {
    let circle = &request.act.circle();
    if transaction.scan(Table::Requests, &prefix(circle))?.len() >= circle.max_requests() {
        return Ok(Err(RequestFault::Full));
    }
    let key = key(circle, &request.id);
    transaction.put(Table::Requests, &key, encode(request));
    // It is kept for a day longer, and told from a request that never was.
    note_expiry(transaction, Expiring::Request, request.expires_at(), &key);
    note(transaction, request, Step::Asked, request.asked_by.clone(), None, request.asked_at)?;
    Ok(Ok(()))
}

/// What becomes of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Asked,
    Approved,
    Confirmed,
    Refused,
}

impl Step {
    fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Approved => "approved",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
        }
    }
}

/// Puts a step of a request into the audit, and tells the person whose enrolment or details it is about.
pub(super) fn note(
    transaction: &mut Transaction,
    request: &Request,
    step: Step,
    actor: String,
    credential: Option<String>,
    at: u64,
) -> Result<(), StoreError> {
    let told = match (&request.act, step) {
        (Act::Enrolment { person, .. }, Step::Asked) => Some((*person, EventKind::EnrolmentAsked)),
        (Act::Enrolment { person, .. }, Step::Refused) => {
            Some((*person, EventKind::EnrolmentRefused))
        }
        (Act::Change(change), Step::Asked) => Some((change.person, EventKind::ChangeAsked)),
        (Act::Change(change), Step::Refused) => Some((change.person, EventKind::ChangeRefused)),
        _ => None,
    };
    let number = transaction.audit(event(request, step, actor.clone(), credential), at)?;
    if let Some((person, kind)) = told {
        events::put(transaction, person, Told::of(kind, &actor), number, at);
    }
    Ok(())
}

/// The audit's word for a step of a request.
fn event(request: &Request, step: Step, actor: String, credential: Option<String>) -> AuditEvent {
    let asked_by = (step != Step::Asked).then(|| request.asked_by.clone());
    let id = BASE64URL_NOPAD.encode(&request.id);
    let act = step.word().to_owned();
    let of_person =
        |person: &PersonId, what: &str, reason: Option<&String>| AuditEvent::PersonRequest {
            act: act.clone(),
            what: what.into(),
            person: person.to_string(),
            actor: actor.clone(),
            asked_by: asked_by.clone(),
            reason: reason.cloned(),
            request: id.clone(),
        };
    match &request.act {
        Act::Credential { venue, device } => AuditEvent::DeviceCredential {
            act,
            venue: venue.clone(),
            device: device.clone(),
            actor,
            asked_by,
            request: Some(id),
            credential,
        },
        Act::Account { person, account, reason } => AuditEvent::AccountRequest {
            act,
            person: person.to_string(),
            account: account.word().into(),
            actor,
            asked_by,
            reason: reason.clone(),
            request: id,
        },
        Act::Enrolment { person, .. } => of_person(person, "enrolment", None),
        Act::Change(change) => of_person(&change.person, "change", Some(&change.reason)),
        Act::Administration(act) => administration::event(request, act, step.word(), &actor),
    }
}

pub(super) fn list(tables: &Tables, circle: &Circle) -> Result<Vec<Request>, StoreError> {
    let rows = tables.scan(Table::Requests, &prefix(circle));
    rows.take(circle.max_requests()).map(|row| decode(&row?.1)).collect()
}

pub(super) fn find(
    transaction: &Transaction,
    key: &[u8; 32],
) -> Result<Result<Request, RequestFault>, StoreError> {
    let found: Option<Request> = decode_found(transaction.find(Table::Requests, key)?)?;
    Ok(found.ok_or(RequestFault::Unknown))
}

/// Takes a request out for its act, which needs somebody else than who asked.
pub(super) fn take(
    transaction: &mut Transaction,
    circle: &Circle,
    id: &RequestId,
    actor: &str,
    at: u64,
) -> Result<Result<Request, RequestFault>, StoreError> {
    let key = key(circle, id);
    let fault = match find(transaction, &key)? {
        Err(fault) => fault,
        Ok(request) if request.expires_at() <= at => RequestFault::Expired,
        Ok(request) if request.asked_by == actor && !request.approved => RequestFault::Own,
        Ok(request) => {
            transaction.remove(Table::Requests, &key);
            return Ok(Ok(request));
        }
    };
    Ok(Err(fault))
}

pub(super) fn refuse(
    transaction: &mut Transaction,
    circle: &Circle,
    id: &RequestId,
    actor: String,
    at: u64,
) -> Result<Result<(), RequestFault>, StoreError> {
    let key = key(circle, id);
    let request = match find(transaction, &key)? {
        Ok(request) => request,
        Err(fault) => return Ok(Err(fault)),
    };
    transaction.remove(Table::Requests, &key);
    note(transaction, &request, Step::Refused, actor, None, at)?;
    Ok(Ok(()))
}

/// Ends all that one person asked for in a circle.
pub(super) fn refuse_all_of(
    transaction: &mut Transaction,
    circle: &Circle,
    name: &str,
    actor: &str,
    at: u64,
) -> Result<(), StoreError> {
    for (_, row) in transaction.scan(Table::Requests, &prefix(circle))? {
        let request: Request = decode(&row)?;
        if request.asked_by == name {
            transaction.remove(Table::Requests, &key(circle, &request.id));
            note(transaction, &request, Step::Refused, actor.into(), None, at)?;
        }
    }
    Ok(())
}

pub(super) fn confirm_credential(
    transaction: &mut Transaction,
    circle: &Circle,
    id: &RequestId,
    actor: String,
    hash: [u8; 32],
    at: u64,
) -> Result<Result<DeviceCredential, RequestFault>, StoreError> {
    let request = match take(transaction, circle, id, &actor, at)? {
        Ok(request) => request,
        Err(fault) => return Ok(Err(fault)),
    };
    let Act::Credential { venue, device } = request.act.clone() else {
        return Err(StoreError::Damaged("a request"));
    };
    let id = credential_id(&hash);
    let gate = transaction.find(Table::Gates, &gates::key(&venue, &device))?.is_some();
    let bearer = Bearer::Venue { venue, device: device.clone() };
    credentials::give(transaction, &hash, bearer, actor.clone(), at);
    let named = Some(BASE64URL_NOPAD.encode(&id));
    note(transaction, &request, Step::Confirmed, actor, named, at)?;
    Ok(Ok(DeviceCredential { id, device, revoked: false, gate }))
}
