//! What makes good what a copy does not know: a new epoch, new lists, and the statuses that were published
//! since.

use std::collections::{BTreeMap, BTreeSet};

use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::pass::STATUS_LIST_ENTRIES;

use super::audit_rows::{encode_head, read_head};
use super::families::Ending;
use super::founding;
use super::pass_keys::{pass_key, read_pass_key};
use super::people::{add_passed_over, counter_key, passed_over_key};
use super::records::{PassRow, decode, decode_found, encode};
use super::tables::{
    AUDIT_BASE, AUDIT_HEAD, EPOCH, RESTORED_FROM, Table, Tables, USED_CODES_FORGOTTEN, WITNESSED,
};
use super::transaction::Transaction;
use super::{
    accounts, copied, events, families, holdings, people, protections, returning, statuses,
};
use crate::audit::{AuditEvent, AuditHead, EMPTY};
use crate::{
    Account, DAYS_AHEAD, DayLists, DeviceId, EndReason, Finding, Person, PersonId, PublishedList,
    RegisterIdentity, Restoration, Restored, StatusChange, StoreError, Suspension,
};

/// What the lists say that the register did not know.
#[derive(Default)]
struct Told {
    persons: BTreeMap<PersonId, Finding>,
    /// Devices whose passes they revoke.
    revoked: BTreeSet<(PersonId, DeviceId)>,
    /// Whose passes a freeze suspended, by device where that is known; or it was stopped as copied, and is
    /// named as that.
    frozen: BTreeSet<(PersonId, Option<DeviceId>)>,
    /// Devices with passes that a freeze suspended, or that were stopped as copied: nothing tells.
    untold: BTreeSet<(PersonId, DeviceId)>,
    unknown_passes: u64,
}

const COUNTERS: &[u8] = b"day:";

pub(super) fn identity(tables: &Tables) -> Result<RegisterIdentity, StoreError> {
    let mark = tables.find(Table::Meta, WITNESSED)?;
    Ok(RegisterIdentity {
        id: founding::read_id(tables)?,
        epoch: read_epoch(tables.find(Table::Meta, EPOCH)?)?,
        witnessed: mark.is_some(),
        copied_kept: copied::are_kept(mark),
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
        let (key, _) = row?;
        let exp = key[COUNTERS.len()..].try_into().map(u64::from_be_bytes);
        let exp = exp.map_err(|_| StoreError::Damaged("a counter"))?;
        Ok(exp)
    });
    let open = |exp: &Result<u64, StoreError>| exp.as_ref().map_or(true, |exp| *exp > now);
    rows.filter(open).map(|exp| people::day_lists(tables, exp?)).collect()
}

pub(super) fn mark_witnessed(transaction: &mut Transaction) {
    copied::keep_from_now_on(transaction);
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
    if !asked.nothing_lost {
        // Whoever was ended after what the witness saw would come back as well.
        let by_witness = asked.witness.is_some() && asked.known_through.is_none();
        returning::note_restoration(transaction, asked.at, by_witness);
    }
    let closed = close_what_waits(transaction)?;
    let lost = asked.lost.map(|head| head.to_string());
    // The entries about accounts come after the one that says why.
    let event = AuditEvent::Restored { epoch, found: found.to_string(), lost };
    transaction.audit(event, asked.at)?;
    if !asked.nothing_lost {
        stop_kept(transaction)?;
    }
    let told = apply_published(transaction, asked)?;
    end_devices(transaction, &told.revoked, asked.at)?;
    if let Some(copied) = asked.protections.as_ref().and_then(|known| known.copied.as_ref()) {
        copied::stop_again(transaction, copied, asked.at)?;
    }
    freeze(transaction, &told, asked.at)?;
    begin_new_lists(transaction, own, asked)?;
    let known = asked.protections.as_ref();
    let protected =
        known.map(|known| protections::apply(transaction, known, asked.at)).transpose()?;
    Ok(Restored {
        epoch,
        found,
        nothing_lost: asked.nothing_lost,
        persons: told.persons,
        unknown_passes: told.unknown_passes,
        closed,
        protected,
        known_through: asked.known_through,
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

/// Sets what the lists say and the register does not know. Nothing that is set here is taken back: who was
/// released since is for somebody to look at.
fn apply_published(transaction: &mut Transaction, asked: &Restoration) -> Result<Told, StoreError> {
    let mut told = Told::default();
    let mut changes = Vec::new();
    let mut note = |person, finding: Finding| {
        let worst = told.persons.entry(person).or_insert(finding);
        *worst = finding.min(*worst);
    };
    for PublishedList { exp, list, statuses, untold } in &asked.published {
        let own = statuses_of(transaction, *exp, *list)?;
        for (&index, &status) in statuses {
            let before = own.get(&index).copied();
            if before == Some(status) || before == Some(1) {
                continue;
            }
            let pass = pass_key(*exp, index);
            transaction.put(Table::Statuses, &pass, vec![status]);
            changes.push(StatusChange { exp: *exp, index, status });
            let Some(person) = holder(transaction, &pass)? else {
                told.unknown_passes += 1;
                continue;
            };
            let device = holdings::device_of_pass(transaction.tables(), person, *exp, index)?;
            let named = device.map(|device| (person, device));
            if status == 1 {
                note(person, Finding::Revoked);
                told.revoked.extend(named);
            } else {
                note(person, Finding::Suspended);
                if untold.contains(&index) {
                    told.untold.extend(named);
                } else {
                    told.frozen.insert((person, device));
                }
            }
        }
        for index in own.keys().filter(|index| !statuses.contains_key(index)) {
            if let Some(person) = holder(transaction, &pass_key(*exp, *index))? {
                note(person, Finding::Released);
            }
        }
    }
    statuses::count_list_changes(transaction, &changes)?;
    Ok(told)
}

/// A later freeze may have stopped the device that an earlier one had kept, and the lists show both in the
/// same way: it waits for a lifting that names it.
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

/// Devices whose passes the lists revoke were ended, whatever became of the account: its lifting must not
/// bring them back.
fn end_devices(
    transaction: &mut Transaction,
    revoked: &BTreeSet<(PersonId, DeviceId)>,
    at: u64,
) -> Result<(), StoreError> {
    for &(person, device) in revoked {
        if families::is_there(transaction, person, device)? {
            let ending = Ending { why: EndReason::Unknown, actor: "admin", at };
            families::end(transaction, person, device, ending)?;
        }
    }
    Ok(())
}

/// Freezes the accounts whose passes were suspended or revoked since. Where it is known that a freeze
/// suspended them, every device stays that nobody ended, and comes back with a lifting that names it. Else
/// those stay that the lists call good, and suspend no pass of: a phone that was copied looks like one that a
/// freeze stopped, and the lifting would let the copy through.
fn freeze(transaction: &mut Transaction, told: &Told, at: u64) -> Result<(), StoreError> {
    for (&id, finding) in &told.persons {
        let person: Option<Person> = decode_found(transaction.find(Table::Persons, &id.0)?)?;
        let active = person.is_some_and(|person| person.account == Account::Active);
        if *finding == Finding::Released || !active {
            continue;
        }
        // Passes of those that were stopped again as copied wait for a last word.
        let copied = families::stopped_as_copied(transaction, id)?;
        let is_copied = |device: &Option<DeviceId>| device.is_some_and(|of| copied.contains(&of));
        let of_person = told.frozen.iter().filter(|(person, _)| *person == id);
        let is_frozen = of_person.into_iter().any(|(_, device)| !is_copied(device));
        let mut stay = match is_frozen {
            true => families::there(transaction, id)?,
            false => statuses::good_devices(transaction, id, at)?,
        };
        stay.retain(|device| !told.untold.contains(&(id, *device)));
        let ending = Ending { why: EndReason::Frozen, actor: events::SERVICE, at };
        let keep = [stay.as_slice(), &copied].concat();
        families::end_all_but(transaction, id, &keep, ending)?;
        let suspension = is_frozen.then_some(Suspension { keep: None });
        accounts::freeze_what_is_there(transaction, id, suspension, "restored", at)?;
    }
    Ok(())
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
    let published = asked.published.iter().map(|list| (list.exp, list.list + 1));
    let counted = own.iter().chain(&asked.days).map(|day| (day.exp, day.lists));
    for (exp, count) in counted.chain(published) {
        if exp > asked.since {
            let most = lists.entry(exp).or_insert(1);
            *most = count.max(*most);
        }
    }
    for (exp, count) in lists {
        let list = count.checked_add(asked.spare_lists).ok_or(StoreError::Exhausted)?;
        let first = list.checked_mul(STATUS_LIST_ENTRIES).ok_or(StoreError::Exhausted)?;
        let mut passed_over = passed_over_since(own, asked, exp);
        if asked.spare_lists > 0 {
            passed_over.push((count, list));
        }
        if !passed_over.is_empty() {
            let key = passed_over_key(exp);
            let known = transaction.find(Table::Meta, &key)?;
            transaction.put(Table::Meta, &key, add_passed_over(known, &passed_over));
        }
        transaction.put(Table::Meta, &counter_key(exp), first.to_be_bytes().to_vec());
    }
    Ok(())
}

/// What restorations after the copy have passed over, as the witness keeps it. The copy's own lists stay
/// named: a copy of later than the one that was put back then may have passes where that restoration passed
/// over.
fn passed_over_since(own: &[DayLists], asked: &Restoration, exp: u64) -> Vec<(u32, u32)> {
    let of_day = |days: &[DayLists]| days.iter().find(|day| day.exp == exp).cloned();
    let known = of_day(own).map_or(0, |day| day.lists);
    let ranges = of_day(&asked.days).unwrap_or_default().passed_over.into_iter();
    let beyond = ranges.map(|(first, end)| (first.max(known), end));
    beyond.filter(|(first, end)| first < end).collect()
}
