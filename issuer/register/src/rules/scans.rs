//! Scans: used codes and their audit entries.

use data_encoding::BASE64URL_NOPAD;
use szid_protocol::day::DAY;
use szid_protocol::verify::{Use, replay_reason};

use super::grounds;
use super::sites;
use super::transaction::Transaction;
use super::uses;
use crate::audit::AuditEvent;
use crate::backend::{KeyRange, View};
use crate::rows::{
    Answered, FirstUse, Record, Retries, UsedCodes, UsedCodesForgotten, UsedKey, Uses,
};
use crate::{
    Earlier, IdentityUse, Kept, PersonId, PlaceNames, ReceiptId, ReportedWhen, ScanOutcome,
    ScanRecord, StoreError, Subject, UsedCode,
};

/// How long a citizen sees a use, and a venue may send a request again, seconds.
pub(super) const USES_KEPT: u64 = 183 * DAY;
const RETRIES_KEPT: u64 = DAY;

pub(crate) fn record(
    transaction: &mut Transaction,
    records: Vec<ScanRecord>,
) -> Result<Vec<Kept>, StoreError> {
    records.into_iter().map(|record| record_one(transaction, record)).collect()
}

fn record_one(transaction: &mut Transaction, record: ScanRecord) -> Result<Kept, StoreError> {
    if let Some(retry) = &record.retry
        && let Some(earlier) = read_earlier(transaction.find::<Retries>(&retry.key)?)?
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
        transaction.put::<Retries>(&retry.key, &Answered::Scan(earlier));
        transaction.note_expiry::<Retries>(record.at.saturating_add(RETRIES_KEPT), &retry.key);
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

/// What a request of a venue came to, where it is known.
pub(super) fn earlier(tables: &dyn View, key: [u8; 32]) -> Result<Option<Earlier>, StoreError> {
    read_earlier(tables.find::<Retries>(&key)?)
}

fn read_earlier(found: Option<Answered>) -> Result<Option<Earlier>, StoreError> {
    match found {
        None => Ok(None),
        Some(Answered::Scan(earlier)) => Ok(Some(earlier)),
        Some(Answered::Loss(_)) => Err(StoreError::Damaged(Answered::WHAT)),
    }
}

pub(super) fn put_use(transaction: &mut Transaction, person: PersonId, entry: &IdentityUse) {
    let key = (person, entry.receipt);
    transaction.put::<Uses>(&key, entry);
    transaction.note_expiry::<Uses>(entry.at.saturating_add(USES_KEPT), &key);
}

pub(super) fn uses(
    tables: &dyn View,
    person: PersonId,
    before: Option<ReceiptId>,
    limit: usize,
) -> Result<Vec<IdentityUse>, StoreError> {
    let range = KeyRange::between::<Uses>(&person, &(person, before.unwrap_or([0xff; 16])));
    tables.scan_back::<Uses>(range).take(limit).map(|row| Ok(row?.1)).collect()
}

pub(super) fn use_of(
    tables: &dyn View,
    person: PersonId,
    receipt: &ReceiptId,
) -> Result<Option<IdentityUse>, StoreError> {
    tables.find::<Uses>(&(person, *receipt))
}

pub(super) fn seen(tables: &dyn View, used: &UsedCode) -> Result<Use, StoreError> {
    match compare(tables.find::<UsedCodes>(&UsedKey::of(used))?, used) {
        Use::First if used.iat <= tables.find::<UsedCodesForgotten>(&())?.unwrap_or(0) => {
            Ok(Use::Forgotten)
        }
        seen => Ok(seen),
    }
}

fn compare(remembered: Option<FirstUse>, used: &UsedCode) -> Use {
    match remembered {
        None => Use::First,
        Some(first) => Use::Again { same_operator: first.operator == used.operator },
    }
}

fn look_up(transaction: &Transaction, used: &UsedCode) -> Result<Use, StoreError> {
    let seen = compare(transaction.find::<UsedCodes>(&UsedKey::of(used))?, used);
    let forgotten = seen == Use::First && used.iat <= transaction.forgotten.used_codes;
    Ok(if forgotten { Use::Forgotten } else { seen })
}

/// The number of the audit entry of a code's first use, where it was used: 0 where the row is of a format
/// that did not say.
pub(super) fn first_use(
    transaction: &Transaction,
    used: &UsedCode,
) -> Result<Option<u64>, StoreError> {
    Ok(transaction.find::<UsedCodes>(&UsedKey::of(used))?.map(|first| first.entry))
}

/// Remembers a code, and the audit entry of its first use.
pub(super) fn remember(transaction: &mut Transaction, used: &UsedCode, entry: u64) {
    transaction.floors.used_codes.lower(used.iat);
    let first = FirstUse { operator: used.operator, entry };
    transaction.put::<UsedCodes>(&UsedKey::of(used), &first);
}
