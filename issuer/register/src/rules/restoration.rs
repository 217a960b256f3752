//! What makes good what a copy does not know: a new epoch, new lists, and the statuses that were published
//! since.

use std::collections::{BTreeMap, BTreeSet};

use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::pass::STATUS_LIST_ENTRIES;

use super::families::Ending;
use super::marks;
use super::transaction::Transaction;
use super::{
    accounts, copied, events, families, holdings, people, protections, returning, statuses,
};
use crate::audit::{AuditEvent, AuditHead, EMPTY};
use crate::backend::{KeyRange, View};
use crate::rows::{
    All, Audit, AuditBase, DayCounters, Epoch, GrantCodes, Grants, GrantsOf, ListRange,
    NewestEntry, PassKey, PassedOver, Passes, Persons, Requests, RestoredFrom, Rows, Status,
    Statuses, UsedCodesForgotten, Witnessed,
};
use crate::{
    Account, DAYS_AHEAD, DayLists, DeviceId, EndReason, Finding, Person, PersonId, PublishedList,
    RegisterIdentity, Restoration, Restored, StoreError, Suspension,
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

pub(super) fn identity(tables: &dyn View) -> Result<RegisterIdentity, StoreError> {
    let mark = tables.find::<Witnessed>(&())?;
    Ok(RegisterIdentity {
        id: marks::read_id(tables)?,
        epoch: tables.find::<Epoch>(&())?.unwrap_or(0),
        witnessed: mark.is_some(),
        copied_kept: copied::are_kept(mark.as_ref()),
        restored_from: tables.find::<RestoredFrom>(&())?,
    })
}

/// Whether the chain went through this head. What was cut off with the retention time is taken for granted.
pub(super) fn contains(tables: &dyn View, head: AuditHead) -> Result<bool, StoreError> {
    let frozen = tables.snapshot();
    let base = frozen.find::<AuditBase>(&())?.unwrap_or(EMPTY);
    let newest = frozen.find::<NewestEntry>(&())?.unwrap_or(EMPTY);
    if head.number < base.number || head == base || head == EMPTY || head == newest {
        return Ok(true);
    }
    let entry = frozen.find::<Audit>(&head.number)?;
    let known = entry.is_some_and(|entry| entry.digest == head.digest);
    Ok(known && head.number < newest.number)
}

/// How many lists each day has that has not ended.
pub(super) fn day_lists(tables: &dyn View, now: u64) -> Result<Vec<DayLists>, StoreError> {
    let days = tables.keys::<DayCounters>(KeyRange::of::<DayCounters>(&All));
    let open = |exp: &Result<u64, StoreError>| exp.as_ref().map_or(true, |exp| *exp > now);
    days.filter(open).map(|exp| people::day_lists(tables, exp?)).collect()
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
    let known = transaction.find::<Epoch>(&())?.unwrap_or(0).max(asked.epoch);
    let epoch = known.checked_add(1).ok_or(StoreError::Exhausted)?;
    transaction.put::<Epoch>(&(), &epoch);
    let forgotten = transaction.find::<UsedCodesForgotten>(&())?.unwrap_or(0);
    transaction.put::<UsedCodesForgotten>(&(), &asked.codes_until.max(forgotten));
    match &asked.witness {
        Some(head) => transaction.put::<RestoredFrom>(&(), head),
        None => transaction.remove::<RestoredFrom>(&()),
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
    remove_all::<Grants>(transaction)?;
    remove_all::<GrantCodes>(transaction)?;
    // Offers that were taken up are not listed by their persons any more.
    Ok(remove_all::<GrantsOf>(transaction)? + remove_all::<Requests>(transaction)?)
}

/// Removes all rows of a kind, and answers how many there were.
fn remove_all<R: Rows>(transaction: &mut Transaction) -> Result<u64, StoreError> {
    let keys = transaction.keys::<R>(&All)?;
    keys.iter().for_each(|key| transaction.remove::<R>(key));
    Ok(keys.len() as u64)
}

/// Sets what the lists say and the register does not know. Nothing that is set here is taken back: who was
/// released since is for somebody to look at.
fn apply_published(transaction: &mut Transaction, asked: &Restoration) -> Result<Told, StoreError> {
    let mut told = Told::default();
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
            let pass = PassKey::new(*exp, index);
            transaction.floors.statuses.lower(*exp);
            transaction.put::<Statuses>(&pass, &Status(status));
            let Some(person) = holder(transaction, &pass)? else {
                told.unknown_passes += 1;
                continue;
            };
            let device = holdings::device_of_pass(transaction.tables(), person, pass)?;
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
            if let Some(person) = holder(transaction, &PassKey::new(*exp, *index))? {
                note(person, Finding::Released);
            }
        }
    }
    Ok(told)
}

/// A later freeze may have stopped the device that an earlier one had kept, and the lists show both in the
/// same way: it waits for a lifting that names it.
fn stop_kept(transaction: &mut Transaction) -> Result<(), StoreError> {
    for row in transaction.tables().scan::<Persons>(&All) {
        let (id, person) = row?;
        if person.account == Account::Frozen {
            let suspension = Some(Suspension { keep: None });
            transaction.put::<Persons>(&id, &Person { suspension, ..person });
        }
    }
    Ok(())
}

fn holder(transaction: &Transaction, pass: &PassKey) -> Result<Option<PersonId>, StoreError> {
    Ok(transaction.find::<Passes>(pass)?.map(|row| row.holder.id))
}

fn statuses_of(
    transaction: &Transaction,
    exp: u64,
    list: u32,
) -> Result<BTreeMap<u32, u8>, StoreError> {
    let mut statuses = BTreeMap::new();
    for (PassKey { index, .. }, status) in transaction.scan::<Statuses>(&exp)? {
        if index / STATUS_LIST_ENTRIES == list {
            statuses.insert(index, status.0);
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
        let person = transaction.find::<Persons>(&id)?;
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
    let published = asked.published.iter().map(|list| (list.exp, list.list.saturating_add(1)));
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
            let mut ranges = transaction.find::<PassedOver>(&exp)?.unwrap_or_default();
            ranges.extend(passed_over.iter().map(|&(first, end)| ListRange { first, end }));
            transaction.put::<PassedOver>(&exp, &ranges);
        }
        transaction.put::<DayCounters>(&exp, &first);
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
