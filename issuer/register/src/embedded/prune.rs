//! The forgetting of what has run out, in bounded pieces.

use data_encoding::HEXLOWER;
use szid_protocol::day::DAY;
use szid_protocol::verify::{MAX_AGE, MAX_AHEAD, REPLAY_WINDOW, codes_end};

use super::audit_rows::{audit_entry, audit_row, encode_head, read_head};
use super::pass_keys::{pass_key, read_pass_key};
use super::records::{PassRow, decode};
use super::tables::{
    AUDIT_BASE, AUDIT_HEAD, CHECKED_TIME, DAYS_FORGOTTEN, Table, USED_CODES_FORGOTTEN,
};
use super::transaction::Transaction;
use super::{deeds, people, time, tokens, trails};
use crate::audit::{AuditEntry, AuditEvent, AuditHead};
use crate::{KEPT_LONGER, LONGEST_ALONE, StoreError};

/// Rows of a kind that one call forgets at most: a large backlog goes in several calls, between which scans
/// are written.
const AT_ONCE: usize = 1_000;
/// Used codes are kept this much longer than a code can be accepted: a gate that stayed alone may tell of
/// another use.
const USED_CODES_KEPT: u64 = LONGEST_ALONE + REPLAY_WINDOW;
/// A month of the audit's retention time.
const MONTH: u64 = 31 * DAY;

pub(super) fn prune(
    transaction: &mut Transaction,
    now: u64,
    audit_months: Option<u32>,
) -> Result<u64, StoreError> {
    // The clock may be wrong by what nobody notices: then nothing goes that is still good.
    let past = now.saturating_sub(KEPT_LONGER);
    let expired = tokens::prune(transaction, past, AT_ONCE)?;
    let codes = prune_used_codes(transaction, now)?;
    let passes = prune_days(transaction, past)?;
    let statuses = prune_statuses(transaction, past)?;
    let entries = match audit_months {
        None => 0,
        Some(months) => trim_audit(transaction, past, months, now)?,
    };
    time::put_time(transaction, CHECKED_TIME, now);
    let deeds = deeds::prune(transaction, AT_ONCE)?;
    Ok(expired + codes + passes + statuses + entries + deeds)
}

/// These may go soon, whatever the clock says: older codes are refused from then on.
fn prune_used_codes(transaction: &mut Transaction, now: u64) -> Result<u64, StoreError> {
    // No code of after now was accepted by a clock that is right: a mark that lies there was set by one that
    // was not.
    if transaction.forgotten.used_codes > now.saturating_add(MAX_AHEAD) {
        transaction.forgotten.used_codes = now;
        time::put_time(transaction, USED_CODES_FORGOTTEN, now);
    }
    let mut newest = None;
    let (mut count, mut floor) = (0, transaction.floors.used_codes);
    let start = floor.to_be_bytes();
    for row in transaction.on_disk(Table::UsedCodes, &start).take(AT_ONCE) {
        let (key, _) = row?;
        floor = key.first_chunk().map_or(0, |iat| u64::from_be_bytes(*iat));
        if floor.saturating_add(USED_CODES_KEPT) > now {
            break;
        }
        transaction.remove(Table::UsedCodes, &key);
        newest = Some(floor);
        count += 1;
    }
    if let Some(newest) = newest {
        transaction.forgotten.used_codes = transaction.forgotten.used_codes.max(newest);
        time::put_time(transaction, USED_CODES_FORGOTTEN, transaction.forgotten.used_codes);
    }
    transaction.floors.used_codes = floor;
    Ok(count)
}

fn prune_days(transaction: &mut Transaction, past: u64) -> Result<u64, StoreError> {
    let (mut count, mut floor, mut last) = (0, transaction.floors.days, None);
    let start = floor.to_be_bytes();
    for row in transaction.on_disk(Table::Passes, &start).take(AT_ONCE) {
        let (key, row) = row?;
        let PassRow { holder, .. } = decode(&row)?;
        let (exp, index) = read_pass_key(&key)?;
        floor = exp;
        if codes_end(exp) > past {
            break;
        }
        let row = pass_key(exp, index);
        transaction.remove(Table::Holdings, &[holder.id.0.as_slice(), &row].concat());
        transaction.remove(Table::Passes, &key);
        // The counters of the day and its lists go with its first row: no pass of a past day is issued any
        // more.
        if last != Some(exp) {
            for list in 0..people::lists(transaction, exp)? {
                transaction.remove(Table::Meta, &people::list_key(exp, list));
            }
            transaction.remove(Table::Meta, &people::counter_key(exp));
            transaction.remove(Table::Meta, &people::passed_over_key(exp));
            last = Some(exp);
        }
        count += 1;
    }
    if let Some(last) = last {
        transaction.forgotten.days = transaction.forgotten.days.max(last);
        time::put_time(transaction, DAYS_FORGOTTEN, transaction.forgotten.days);
    }
    transaction.floors.days = floor;
    Ok(count)
}

/// Statuses of passes that a register does not know, since it was put back from a copy, have no pass to go
/// with.
fn prune_statuses(transaction: &mut Transaction, past: u64) -> Result<u64, StoreError> {
    let mut count = 0;
    let start = transaction.floors.statuses.to_be_bytes();
    for row in transaction.on_disk(Table::Statuses, &start).take(AT_ONCE) {
        let (key, _) = row?;
        let (exp, _) = read_pass_key(&key)?;
        // No later row can lie below: a status is set for a pass that is kept, and goes with it.
        transaction.floors.statuses = exp.min(past.saturating_sub(MAX_AGE));
        if codes_end(exp) > past {
            break;
        }
        transaction.remove(Table::Statuses, &key);
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
    for row in transaction.on_disk(Table::Audit, &[]).take(AT_ONCE) {
        let (number, digest, json) = audit_row(row?)?;
        let entry: AuditEntry =
            serde_json::from_slice(&json).map_err(|_| StoreError::Damaged("an audit entry"))?;
        if entry.at >= keep_from && number > older_through {
            match is_older_through(transaction, number, entry.at, keep_from, now)? {
                Some(through) => older_through = through,
                None => break,
            }
        }
        transaction.remove(Table::Audit, &number.to_be_bytes());
        for key in trails::keys(entry.at, &entry.event) {
            transaction.remove(Table::Trails, &key);
        }
        base = Some(AuditHead { number, digest });
        count += 1;
    }
    if let Some(base) = base {
        transaction.put(Table::Meta, AUDIT_BASE, encode_head(&base));
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
    let newest = read_head(transaction.tables().find(Table::Meta, AUDIT_HEAD)?)?.number;
    let was_ahead = |later: u64| later >= keep_from && later.saturating_add(KEPT_LONGER) < at;
    let mut old_enough = None;
    let steps = std::iter::successors(Some(1u64), |step| step.checked_mul(2));
    for later in steps.map_while(|step| number.checked_add(step)).take_while(|at| *at <= newest) {
        let key = later.to_be_bytes();
        let Some(row) = transaction.tables().find(Table::Audit, &key)? else { break };
        let written = audit_entry((key.to_vec(), row))?.at;
        if written < keep_from {
            old_enough = Some(later);
        } else if old_enough.is_some() && was_ahead(written) {
            return Ok(old_enough);
        }
    }
    Ok(old_enough.filter(|_| was_ahead(now)))
}
