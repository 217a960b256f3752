//! Scans: used codes and their audit entries.

use data_encoding::BASE64URL_NOPAD;
use szid_protocol::day::DAY;
use szid_protocol::verify::{Use, replay_reason};

use super::grounds;
use super::records::{decode, decode_found, encode};
use super::sites;
use super::tables::{Table, Tables};
use super::time;
use super::tokens::{Expiring, note_expiry};
use super::transaction::Transaction;
use super::uses;
use crate::audit::AuditEvent;
use crate::{
    Earlier, IdentityUse, Kept, PersonId, PlaceNames, ReceiptId, ReportedWhen, ScanOutcome,
    ScanRecord, StoreError, Subject, UsedCode,
};

/// How long a citizen sees a use, and a venue may send a request again, seconds.
pub(super) const USES_KEPT: u64 = 183 * DAY;
const RETRIES_KEPT: u64 = DAY;

pub(super) fn record(
    transaction: &mut Transaction,
    records: Vec<ScanRecord>,
) -> Result<Vec<Kept>, StoreError> {
    records.into_iter().map(|record| record_one(transaction, record)).collect()
}

fn record_one(transaction: &mut Transaction, record: ScanRecord) -> Result<Kept, StoreError> {
    if let Some(retry) = &record.retry
        && let Some(earlier) = decode_found(transaction.find(Table::Retries, &retry.key)?)?
    {
        return Ok(Kept::Before(earlier));
    }
    let gone = match (&record.grounds, record.outcome) {
        (Some(grounds), ScanOutcome::Good { .. }) => grounds::gone(transaction, &record, grounds)?,
        _ => None,
    };
    let (seen, reason, first_use) = match (record.outcome, gone) {
        (ScanOutcome::Refused(reason), _) => (Use::First, reason, None),
        // A citizen was asked about this code, and is asked about it once.
        (ScanOutcome::Asked { used, reason }, _)
        | (ScanOutcome::Good { used, .. }, Some(reason)) => {
            let is_first = look_up(transaction, &used)? == Use::First;
            (Use::First, reason, is_first.then_some(used))
        }
        (ScanOutcome::Good { used, rule }, None) => {
            let seen = look_up(transaction, &used)?;
            (seen, replay_reason(seen, rule), (seen == Use::First).then_some(used))
        }
    };
    // Nothing leaves the register with a code that is refused after all.
    let given = |claims: Vec<String>| if reason.is_accept() { claims } else { Vec::new() };
    let subject =
        record.subject.map(|subject| Subject { claims: given(subject.claims), ..subject });
    let (claims, consent) =
        subject.as_ref().map(|of| (of.claims.clone(), of.consent)).unwrap_or_default();
    if let Some(retry) = record.retry {
        let earlier = Earlier {
            request: retry.request,
            registration: retry.registration,
            receipt: record.receipt,
            person: subject.as_ref().map(|subject| subject.person),
            reason: reason.code().into(),
            consent,
            claims: claims.clone(),
            at: record.at,
        };
        transaction.put(Table::Retries, &retry.key, encode(&earlier));
        note_expiry(transaction, Expiring::Retry, record.at + RETRIES_KEPT, &retry.key);
    }
    let mut report = None;
    if let Some(Subject { person, claims, consent, reported }) = subject {
        let names = match record.grounds {
            // Those that the citizen saw.
            Some(grounds) => {
                Some(PlaceNames { venue: grounds.venue_name, site: grounds.site_name })
            }
            None => sites::names(transaction, &record.venue, record.site.as_deref())?,
        };
        let entry = IdentityUse {
            receipt: record.receipt,
            venue: record.venue.clone(),
            device: record.device.clone(),
            scene: record.scene,
            reason: reason.code().into(),
            claims,
            consent,
            matter: record.matter.clone(),
            offline: false,
            at: record.at,
            site: record.site.clone(),
            names,
            reported_at: reported.then_some(record.at),
        };
        put_use(transaction, person, &entry);
        report = reported.then(|| uses::event(person, &entry, ReportedWhen::Asked));
    }
    let event = AuditEvent::Scan {
        receipt: BASE64URL_NOPAD.encode(&record.receipt),
        venue: record.venue,
        device: record.device,
        scene: record.scene,
        accepted: reason.is_accept(),
        reason: reason.code().into(),
        claims,
        consent,
        matter: record.matter,
        site: record.site,
    };
    let entry = transaction.audit(event, record.at)?;
    // After the scan that it is about.
    if let Some(report) = report {
        transaction.audit(report, record.at)?;
    }
    if let Some(used) = first_use {
        remember(transaction, &used, entry);
    }
    Ok(gone.map_or(Kept::New(seen), Kept::Overruled))
}

pub(super) fn put_use(transaction: &mut Transaction, person: PersonId, entry: &IdentityUse) {
    let key = use_key(person, &entry.receipt);
    transaction.put(Table::Uses, &key, encode(entry));
    note_expiry(transaction, Expiring::Use, entry.at.saturating_add(USES_KEPT), &key);
}

pub(super) fn use_key(person: PersonId, receipt: &ReceiptId) -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(&person.0);
    key[16..].copy_from_slice(receipt);
    key
}

pub(super) fn uses(
    tables: &Tables,
    person: PersonId,
    before: Option<ReceiptId>,
    limit: usize,
) -> Result<Vec<IdentityUse>, StoreError> {
    let end = use_key(person, &before.unwrap_or([0xff; 16]));
    let rows = tables.scan_back(Table::Uses, &person.0, &end);
    rows.take(limit).map(|row| decode(&row?.1)).collect()
}

pub(super) fn use_of(
    tables: &Tables,
    person: PersonId,
    receipt: &ReceiptId,
) -> Result<Option<IdentityUse>, StoreError> {
    decode_found(tables.find(Table::Uses, &use_key(person, receipt))?)
}

pub(super) fn seen(tables: &Tables, used: &UsedCode) -> Result<Use, StoreError> {
    match compare(tables.find(Table::UsedCodes, &used_key(used))?, used) {
        Use::First if used.iat <= time::used_codes_forgotten(tables)? => Ok(Use::Forgotten),
        seen => Ok(seen),
    }
}

fn compare(remembered: Option<Vec<u8>>, used: &UsedCode) -> Use {
    match remembered {
        None => Use::First,
        // The entry follows the operator.
        Some(row) => Use::Again { same_operator: row.starts_with(&used.operator) },
    }
}

fn look_up(transaction: &Transaction, used: &UsedCode) -> Result<Use, StoreError> {
    let seen = compare(transaction.find(Table::UsedCodes, &used_key(used))?, used);
    let forgotten = seen == Use::First && used.iat <= transaction.forgotten.used_codes;
    Ok(if forgotten { Use::Forgotten } else { seen })
}

/// The number of the audit entry of a code's first use, where it was used: 0 where the row is of a format
/// that did not say.
pub(super) fn first_use(
    transaction: &Transaction,
    used: &UsedCode,
) -> Result<Option<u64>, StoreError> {
    let row = transaction.find(Table::UsedCodes, &used_key(used))?;
    Ok(row.map(|row| {
        row.get(8..).and_then(<[u8]>::first_chunk).map_or(0, |entry| u64::from_be_bytes(*entry))
    }))
}

/// Remembers a code, and the audit entry of its first use.
pub(super) fn remember(transaction: &mut Transaction, used: &UsedCode, entry: u64) {
    transaction.floors.used_codes = transaction.floors.used_codes.min(used.iat);
    let row = [used.operator, entry.to_be_bytes()].concat();
    transaction.put(Table::UsedCodes, &used_key(used), row);
}

/// The second comes first, so that old ones lie together.
fn used_key(used: &UsedCode) -> [u8; 24] {
    let mut key = [0; 24];
    key[..8].copy_from_slice(&used.iat.to_be_bytes());
    key[8..].copy_from_slice(&used.device);
    key
}

pub(super) fn used_codes(tables: &Tables, since: u64) -> Result<Vec<UsedCode>, StoreError> {
    let rows = tables.scan_from(Table::UsedCodes, &since.to_be_bytes());
    rows.map(|row| {
        let (key, value) = row?;
        let read = || {
            let (iat, device) = key.split_first_chunk::<8>()?;
            let operator = *value.first_chunk()?;
            Some(UsedCode {
                device: device.try_into().ok()?,
                iat: u64::from_be_bytes(*iat),
                operator,
            })
        };
        read().ok_or(StoreError::Damaged("a used code"))
    })
    .collect()
}
