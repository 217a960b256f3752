//! What makes good what a copy does not know: a new epoch, new lists, and the statuses that were published since.

use std::collections::{BTreeMap, BTreeSet};

use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::pass::STATUS_LIST_ENTRIES;

use crate::audit::{AuditEvent, AuditHead, EMPTY};
use crate::store::{
    Account, DAYS_AHEAD, DayLists, DeviceId, EndReason, Finding, Person, PersonId, PublishedList,
    RegisterIdentity, Restoration, Restored, StatusChange, StoreError, Suspension,
};

use super::audit_rows::{encode_head, read_head};
use super::families::Ending;
use super::founding;
use super::pass_keys::{pass_key, read_pass_key};
use super::people::{add_passed_over, counter, counter_key, lists_of, passed_over_key};
use super::records::{PassRow, decode, decode_found, encode};
use super::tables::{
    AUDIT_BASE, AUDIT_HEAD, EPOCH, RESTORED_FROM, Table, Tables, USED_CODES_FORGOTTEN, WITNESSED,
};
use super::transaction::Transaction;
use super::{accounts, events, families, protections, statuses};

/// Devices whose passes the lists revoke.
type Revoked = BTreeSet<(PersonId, DeviceId)>;

const COUNTERS: &[u8] = b"day:";

pub(super) fn identity(tables: &Tables) -> Result<RegisterIdentity, StoreError> {
    Ok(RegisterIdentity {
        id: founding::read_id(tables)?,
        epoch: read_epoch(tables.find(Table::Meta, EPOCH)?)?,
        witnessed: tables.find(Table::Meta, WITNESSED)?.is_some(),
        restored_from: tables
            .find(Table::Meta, RESTORED_FROM)?
            .map(|bytes| read_head(Some(bytes)))
            .transpose()?,
    })
}

/// 0 until the register is first put back.
pub(super) fn read_epoch(stored: Option<Vec<u8>>) -> Result<u32, StoreError> {
    let Some(bytes) = stored else { return Ok(0) };
    bytes.try_into().map(u32::from_be_bytes).map_err(|_| StoreError::Damaged("the epoch"))
}

/// Whether the chain went through this head. What was cut off with the retention time is taken for granted.
pub(super) fn contains(tables: &Tables, head: AuditHead) -> Result<bool, StoreError> {
    let frozen = tables.snapshot();
    let base = read_head(frozen.find(Table::Meta, AUDIT_BASE)?)?;
    let newest = read_head(frozen.find(Table::Meta, AUDIT_HEAD)?)?;
    if head.number < base.number || head == base || head == EMPTY || head == newest {
        return Ok(true);
    }
    let entry = frozen.find(Table::Audit, &head.number.to_be_bytes())?;
    let known = entry.is_some_and(|entry| entry.first_chunk() == Some(&head.digest));
    Ok(known && head.number < newest.number)
}

/// How many lists each day has that has not ended.
pub(super) fn day_lists(tables: &Tables, now: u64) -> Result<Vec<DayLists>, StoreError> {
    let rows = tables.scan(Table::Meta, COUNTERS).map(|row| {
        let (key, value) = row?;
        let exp = key[COUNTERS.len()..].try_into().map(u64::from_be_bytes);
        let exp = exp.map_err(|_| StoreError::Damaged("a counter"))?;
        Ok(DayLists { exp, lists: lists_of(counter(Some(value))?) })
    });
    let open = |day: &Result<DayLists, _>| day.as_ref().map_or(true, |day| day.exp > now);
    rows.filter(open).collect()
}

pub(super) fn mark_witnessed(transaction: &mut Transaction) {
    transaction.put(Table::Meta, WITNESSED, Vec::new());
}

pub(super) fn restore(
    transaction: &mut Transaction,
    own: &[DayLists],
    asked: &Restoration,
) -> Result<Restored, StoreError> {
    let found = transaction.head();
    let known = read_epoch(transaction.find(Table::Meta, EPOCH)?)?.max(asked.epoch);
    let epoch = known.checked_add(1).ok_or(StoreError::Exhausted)?;
    transaction.put(Table::Meta, EPOCH, epoch.to_be_bytes().to_vec());
    let forgotten = transaction.find(Table::Meta, USED_CODES_FORGOTTEN)?;
    let forgotten = forgotten.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
    let until = asked.codes_until.max(forgotten).to_be_bytes().to_vec();
    transaction.put(Table::Meta, USED_CODES_FORGOTTEN, until);
    match &asked.witness {
        Some(head) => transaction.put(Table::Meta, RESTORED_FROM, encode_head(head)),
        None => transaction.remove(Table::Meta, RESTORED_FROM),
    }
    let closed = close_what_waits(transaction)?;
    let lost = asked.lost.map(|head| head.to_string());
    // The entries about accounts come after the one that says why.
    let event = AuditEvent::Restored { epoch, found: found.to_string(), lost };
    transaction.audit(event, asked.at)?;
    if !asked.nothing_lost {
        stop_kept(transaction)?;
    }
    let (findings, revoked, unknown_passes) = apply_published(transaction, asked)?;
    end_devices(transaction, revoked, asked.at)?;
    let persons = freeze(transaction, findings, asked.at)?;
    begin_new_lists(transaction, own, asked)?;
    let known = asked.protections.as_ref();
    let protected =
        known.map(|known| protections::apply(transaction, known, asked.at)).transpose()?;
    Ok(Restored {
        epoch,
        found,
        nothing_lost: asked.nothing_lost,
        persons,
        unknown_passes,
        closed,
        protected,
        unverified_lists: asked.unverified_lists,
    })
}

/// Nobody knows which offers were used up since, and which requests were answered.
fn close_what_waits(transaction: &mut Transaction) -> Result<u64, StoreError> {
    let mut closed = 0;
    for table in [Table::Grants, Table::GrantCodes, Table::GrantsOf, Table::Requests] {
        for (key, _) in transaction.scan(table, &[])? {
            transaction.remove(table, &key);
            // Offers that were taken up are not listed by their persons any more.
            closed += u64::from(matches!(table, Table::GrantsOf | Table::Requests));
        }
    }
    Ok(closed)
}

/// Sets what the lists say and the register does not know. Nothing that is set here is taken back: who was released since is
/// for somebody to look at.
fn apply_published(
    transaction: &mut Transaction,
    asked: &Restoration,
) -> Result<(BTreeMap<PersonId, Finding>, Revoked, u64), StoreError> {
    let mut revoked = Revoked::new();
    let mut findings = BTreeMap::new();
    let mut changes = Vec::new();
    let mut unknown_passes = 0;
    let mut note = |person, finding: Finding| {
        let worst = findings.entry(person).or_insert(finding);
        *worst = finding.min(*worst);
    };
    for PublishedList { exp, list, statuses } in &asked.published {
        let own = statuses_of(transaction, *exp, *list)?;
        for (&index, &status) in statuses {
            let before = own.get(&index).copied();
            if before == Some(status) || before == Some(1) {
                continue;
            }
            let pass = pass_key(*exp, index);
            transaction.put(Table::Statuses, &pass, vec![status]);
            changes.push(StatusChange { exp: *exp, index, status });
            match holder(transaction, &pass)? {
                Some(person) if status == 1 => {
                    note(person, Finding::Revoked);
                    let of = statuses::device_of_pass(transaction.tables(), person, *exp, index)?;
                    revoked.extend(of.map(|device| (person, device)));
                }
                Some(person) => note(person, Finding::Suspended),
                None => unknown_passes += 1,
            }
        }
        for index in own.keys().filter(|index| !statuses.contains_key(index)) {
            if let Some(person) = holder(transaction, &pass_key(*exp, *index))? {
                note(person, Finding::Released);
            }
        }
    }
    statuses::count_list_changes(transaction, &changes)?;
    Ok((findings, revoked, unknown_passes))
}

/// A later freeze may have stopped the device that an earlier one had kept, and the lists show both in the same way: it waits for
/// a lifting that names it.
fn stop_kept(transaction: &mut Transaction) -> Result<(), StoreError> {
    for row in transaction.on_disk(Table::Persons, &[]) {
        let (key, row) = row?;
        let person: Person = decode(&row)?;
        if person.account == Account::Frozen {
            let suspension = Some(Suspension { keep: None });
            transaction.put(Table::Persons, &key, encode(&Person { suspension, ..person }));
        }
    }
    Ok(())
}

fn holder(transaction: &Transaction, pass: &[u8]) -> Result<Option<PersonId>, StoreError> {
    let row: Option<PassRow> = decode_found(transaction.find(Table::Passes, pass)?)?;
    Ok(row.map(|row| row.holder.id))
}

fn statuses_of(
    transaction: &Transaction,
    exp: u64,
    list: u32,
) -> Result<BTreeMap<u32, u8>, StoreError> {
    let mut statuses = BTreeMap::new();
    for (key, value) in transaction.scan(Table::Statuses, &exp.to_be_bytes())? {
        let (_, index) = read_pass_key(&key)?;
        if index / STATUS_LIST_ENTRIES == list {
            statuses.insert(index, *value.first().ok_or(StoreError::Damaged("a status"))?);
        }
    }
    Ok(statuses)
}

/// Devices whose passes the lists revoke were ended, whatever became of the account: its lifting must not bring them back.
fn end_devices(transaction: &mut Transaction, revoked: Revoked, at: u64) -> Result<(), StoreError> {
    for (person, device) in revoked {
        if families::is_there(transaction, person, device)? {
            let ending = Ending { why: EndReason::Unknown, actor: "admin", at };
            families::end(transaction, person, device, ending)?;
        }
    }
    Ok(())
}

/// Freezes the accounts whose passes were suspended or revoked since. A device stays where the lists call passes of it valid and
/// suspend none. One with suspended passes does not: the phone that a freeze had kept and one that was copied look the same in
/// a list, and lifting the freeze would let the copy through.
fn freeze(
    transaction: &mut Transaction,
    findings: BTreeMap<PersonId, Finding>,
    at: u64,
) -> Result<BTreeMap<PersonId, Finding>, StoreError> {
    for (id, finding) in &findings {
        let person: Option<Person> = decode_found(transaction.find(Table::Persons, &id.0)?)?;
        let active = person.is_some_and(|person| person.account == Account::Active);
        if *finding != Finding::Released && active {
            let good = statuses::good_devices(transaction, *id, at)?;
            let ending = Ending { why: EndReason::Frozen, actor: events::SERVICE, at };
            families::end_all_but(transaction, *id, &good, ending)?;
            accounts::freeze_what_is_there(transaction, *id, "restored", at)?;
        }
    }
    Ok(findings)
}

/// Each day goes on with a list that was never published: no index of it is out there.
fn begin_new_lists(
    transaction: &mut Transaction,
    own: &[DayLists],
    asked: &Restoration,
) -> Result<(), StoreError> {
    let today = end_of_day(asked.since);
    let ahead = (0..=DAYS_AHEAD).map(|day| today + day * DAY);
    let mut lists: BTreeMap<u64, u32> = ahead.map(|exp| (exp, 1)).collect();
    let published =
        asked.published.iter().map(|list| DayLists { exp: list.exp, lists: list.list + 1 });
    for day in own.iter().copied().chain(asked.days.iter().copied()).chain(published) {
        if day.exp > asked.since {
            let most = lists.entry(day.exp).or_insert(1);
            *most = day.lists.max(*most);
        }
    }
    for (exp, count) in lists {
        let list = count.checked_add(asked.spare_lists).ok_or(StoreError::Exhausted)?;
        let first = list.checked_mul(STATUS_LIST_ENTRIES).ok_or(StoreError::Exhausted)?;
        if asked.spare_lists > 0 {
            let key = passed_over_key(exp);
            let passed_over = add_passed_over(transaction.find(Table::Meta, &key)?, count, list);
            transaction.put(Table::Meta, &key, passed_over);
        }
        transaction.put(Table::Meta, &counter_key(exp), first.to_be_bytes().to_vec());
    }
    Ok(())
}
