//! Acts that take two persons: one asks, another one confirms.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use crate::audit::AuditEvent;
use crate::store::{
    Account, AccountConfirmed, Act, AdminAct, Bearer, Circle, DeviceCredential, PersonId, Place,
    Request, RequestFault, RequestId, StoreError, credential_id,
};

use super::records::{Record, RowReader, RowWriter, decode, decode_found, encode};
use super::tables::{Table, Tables};
use super::tokens::{Expiring, note_expiry};
use super::transaction::Transaction;
use super::{administration, credentials, gates, people};

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
                row.byte(match account {
                    Account::Active => 0,
                    Account::Revoked => 1,
                    Account::Frozen => 2,
                });
                row.text(reason);
            }
            Act::Administration(act) => write_administration(act, row),
        }
        row.text(&self.asked_by);
        row.number(self.asked_at);
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        Some(Self {
            id: row.array()?,
            act: match row.byte()? {
                0 => Act::Credential { venue: row.text()?, device: row.text()? },
                1 => Act::Account {
                    person: PersonId(row.array()?),
                    account: match row.byte()? {
                        0 => Account::Active,
                        1 => Account::Revoked,
                        2 => Account::Frozen,
                        _ => return None,
                    },
                    reason: row.text()?,
                },
                kind => Act::Administration(read_administration(kind, row)?),
            },
            asked_by: row.text()?,
            asked_at: row.number()?,
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

fn key(circle: &Circle, id: &RequestId) -> [u8; 32] {
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
    let event = event(request, "asked", request.asked_by.clone(), None);
    transaction.audit(event, request.asked_at)?;
    Ok(Ok(()))
}

/// The audit's word for a step of a request.
fn event(request: &Request, step: &str, actor: String, credential: Option<String>) -> AuditEvent {
    let asked_by = (step != "asked").then(|| request.asked_by.clone());
    let id = BASE64URL_NOPAD.encode(&request.id);
    match &request.act {
        Act::Credential { venue, device } => AuditEvent::DeviceCredential {
            act: step.into(),
            venue: venue.clone(),
            device: device.clone(),
            actor,
            asked_by,
            request: Some(id),
            credential,
        },
        Act::Account { person, account, reason } => AuditEvent::AccountRequest {
            act: step.into(),
            person: person.to_string(),
            account: account.word().into(),
            actor,
            asked_by,
            reason: reason.clone(),
            request: id,
        },
        Act::Administration(act) => administration::event(request, act, step, &actor),
    }
}

pub(super) fn list(tables: &Tables, circle: &Circle) -> Result<Vec<Request>, StoreError> {
    let rows = tables.scan(Table::Requests, &prefix(circle));
    rows.take(circle.max_requests()).map(|row| decode(&row?.1)).collect()
}

fn find(
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
        Ok(request) if request.asked_by == actor => RequestFault::Own,
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
    transaction.audit(event(&request, "refused", actor, None), at)?;
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
            transaction.audit(event(&request, "refused", actor.into(), None), at)?;
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
    transaction.audit(event(&request, "confirmed", actor, named), at)?;
    Ok(Ok(DeviceCredential { id, device, revoked: false, gate }))
}

pub(super) fn confirm_account(
    transaction: &mut Transaction,
    id: &RequestId,
    actor: String,
    at: u64,
) -> Result<Result<AccountConfirmed, RequestFault>, StoreError> {
    let request = match take(transaction, &Circle::Registrars, id, &actor, at)? {
        Ok(request) => request,
        Err(fault) => return Ok(Err(fault)),
    };
    let Act::Account { person, account, reason } = request.act else {
        return Err(StoreError::Damaged("a request"));
    };
    let change = people::Change { actor, asked_by: Some(request.asked_by), reason };
    let changes = people::set_account(transaction, person, account, change, at)?;
    Ok(Ok(AccountConfirmed { person, account, changes }))
}
