//! The forgetting of what has run out, in bounded pieces.

use data_encoding::HEXLOWER;
use szid_protocol::day::DAY;
use szid_protocol::verify::{MAX_AGE, MAX_AHEAD, REPLAY_WINDOW, codes_end};

use super::transaction::Transaction;
use super::{deeds, expiries, people, trails};
use crate::audit::{AuditEvent, AuditHead, EMPTY};
use crate::backend::KeyRange;
use crate::rows::{
    All, Audit, AuditBase, CheckedTime, DayCounters, DaysForgotten, Holdings, ListChanges, ListKey,
    NewestEntry, PassedOver, Passes, Statuses, Trails, UsedCodes, UsedCodesForgotten,
};
use crate::{KEPT_LONGER, LONGEST_ALONE, StoreError};

/// Rows of a kind that one call forgets at most: a large backlog goes in several calls, between which scans
/// are written.
const MAX_ROWS_PER_CALL: usize = 1_000;
/// Used codes are kept this much longer than a code can be accepted: a gate that stayed alone may tell of
/// another use.
const USED_CODES_KEPT: u64 = LONGEST_ALONE + REPLAY_WINDOW;
/// A month of the audit's retention time.
const MONTH: u64 = 31 * DAY;

pub(crate) fn prune(
    transaction: &mut Transaction,
    now: u64,
    audit_months: Option<u32>,
) -> Result<u64, StoreError> {
    // The clock may be wrong by what nobody notices: then nothing goes that is still good.
    let past = now.saturating_sub(KEPT_LONGER);
    let expired = expiries::prune(transaction, past, MAX_ROWS_PER_CALL)?;
    let codes = prune_used_codes(transaction, now)?;
    let passes = prune_days(transaction, past)?;
    let statuses = prune_statuses(transaction, past)?;
    let entries = match audit_months {
        None => 0,
        Some(months) => trim_audit(transaction, past, months, now)?,
    };
    transaction.put::<CheckedTime>(&(), &now);
    let deeds = deeds::prune(transaction, MAX_ROWS_PER_CALL)?;
    Ok(expired + codes + passes + statuses + entries + deeds)
}

/// These may go soon, whatever the clock says: older codes are refused from then on.
fn prune_used_codes(transaction: &mut Transaction, now: u64) -> Result<u64, StoreError> {
    // No code of after now was accepted by a clock that is right: a mark that lies there was set by one that
    // was not.
    if transaction.forgotten.used_codes > now.saturating_add(MAX_AHEAD) {
        transaction.forgotten.used_codes = now;
        transaction.put::<UsedCodesForgotten>(&(), &now);
    }
    let mut newest = None;
    let (mut count, mut floor) = (0, transaction.floors.used_codes.at());
    let old = KeyRange::from::<UsedCodes>(&All, &floor);
    for key in transaction.tables().keys::<UsedCodes>(old).take(MAX_ROWS_PER_CALL) {
        let key = key?;
        floor = key.iat;
        if floor.saturating_add(USED_CODES_KEPT) > now {
            break;
        }
        transaction.remove::<UsedCodes>(&key);
        newest = Some(floor);
        count += 1;
    }
    if let Some(newest) = newest {
        transaction.forgotten.used_codes = transaction.forgotten.used_codes.max(newest);
        let until = transaction.forgotten.used_codes;
        transaction.put::<UsedCodesForgotten>(&(), &until);
    }
    transaction.floors.used_codes.raise(floor);
    Ok(count)
}

fn prune_days(transaction: &mut Transaction, past: u64) -> Result<u64, StoreError> {
    let (mut count, mut floor, mut last) = (0, transaction.floors.days.at(), None);
    let old = KeyRange::from::<Passes>(&All, &floor);
    for row in transaction.tables().scan_range::<Passes>(old).take(MAX_ROWS_PER_CALL) {
        let (pass, row) = row?;
        let exp = pass.exp;
        floor = exp;
        if codes_end(exp) > past {
            break;
        }
        transaction.remove::<Holdings>(&(row.holder.id, pass));
        transaction.remove::<Passes>(&pass);
        // The counters of the day and its lists go with its first row: no pass of a past day is issued any
        // more.
        if last != Some(exp) {
            for list in 0..people::lists(transaction, exp)? {
                transaction.remove::<ListChanges>(&ListKey { exp, list });
            }
            transaction.remove::<DayCounters>(&exp);
            transaction.remove::<PassedOver>(&exp);
            last = Some(exp);
        }
        count += 1;
    }
    if let Some(last) = last {
        transaction.forgotten.days = transaction.forgotten.days.max(last);
        let until = transaction.forgotten.days;
        transaction.put::<DaysForgotten>(&(), &until);
    }
    transaction.floors.days.raise(floor);
    Ok(count)
}

/// Statuses of passes that a register does not know, since it was put back from a copy, have no pass to go
/// with.
fn prune_statuses(transaction: &mut Transaction, past: u64) -> Result<u64, StoreError> {
    let mut count = 0;
    let old = KeyRange::from::<Statuses>(&All, &transaction.floors.statuses.at());
    for pass in transaction.tables().keys::<Statuses>(old).take(MAX_ROWS_PER_CALL) {
        let pass = pass?;
        let exp = pass.exp;
        transaction.floors.statuses.raise(exp.min(past.saturating_sub(MAX_AGE)));
        if codes_end(exp) > past {
            break;
        }
        transaction.remove::<Statuses>(&pass);
        count += 1;
    }
    Ok(count)
}

/// Cuts whole months off the start of the chain. The digest up to the cut becomes the chain's base, and an
/// entry says so.
fn trim_audit(
    transaction: &mut Transaction,
    past: u64,
    months: u32,
    now: u64,
) -> Result<u64, StoreError> {
    // The time of the cut moves once a month, so that the chain is not full of entries about its cutting.
    let keep_from = (past / MONTH * MONTH).saturating_sub(u64::from(months) * MONTH);
    let mut base: Option<AuditHead> = None;
    let (mut count, mut older_through) = (0, 0);
    for row in transaction.tables().scan::<Audit>(&All).take(MAX_ROWS_PER_CALL) {
        let (number, row) = row?;
        let entry = row.entry()?;
        if entry.at >= keep_from && number > older_through {
            match is_older_through(transaction, number, entry.at, keep_from, now)? {
                Some(through) => older_through = through,
                None => break,
            }
        }
        transaction.remove::<Audit>(&number);
        for key in trails::keys(entry.at, &entry.event) {
            transaction.remove::<Trails>(&key);
        }
        base = Some(AuditHead { number, digest: row.digest });
        count += 1;
    }
    if let Some(base) = base {
        transaction.put::<AuditBase>(&(), &base);
        let digest = HEXLOWER.encode(&base.digest);
        transaction.audit(AuditEvent::Trimmed { through: base.number, digest }, now)?;
    }
    Ok(count)
}

/// An entry that looks too young to go may have been written under a clock that was ahead. It was if what was
/// written later, or the clock now, is well before it; an entry after it that is old enough then says so of
/// all up to itself. One that was written under a clock that was behind says nothing of what came before:
/// what follows it goes on where that was. Looks at few entries, ever further apart.
fn is_older_through(
    transaction: &Transaction,
    number: u64,
    at: u64,
    keep_from: u64,
    now: u64,
) -> Result<Option<u64>, StoreError> {
    let newest = transaction.tables().find::<NewestEntry>(&())?.unwrap_or(EMPTY).number;
    let was_ahead = |later: u64| later >= keep_from && later.saturating_add(KEPT_LONGER) < at;
    let mut old_enough = None;
    let steps = std::iter::successors(Some(1u64), |step| step.checked_mul(2));
    for later in steps.map_while(|step| number.checked_add(step)).take_while(|at| *at <= newest) {
        let Some(row) = transaction.tables().find::<Audit>(&later)? else { break };
        let written = row.entry()?.at;
        if written < keep_from {
            old_enough = Some(later);
        } else if old_enough.is_some() && was_ahead(written) {
            return Ok(old_enough);
        }
    }
    Ok(old_enough.filter(|_| was_ahead(now)))
}
