//! Events of accounts, as their persons see them: kept as long as uses are.

use szid_protocol::day::{DAY, end_of_day};

use super::records::{Record, RowReader, RowWriter, decode, encode};
use super::scans::USES_KEPT;
use super::tables::{Table, Tables};
use super::tokens::{Expiring, note_expiry};
use super::transaction::Transaction;
use crate::{AccountEvent, EventAuthor, EventId, EventKind, PersonId, StoreError};

/// The part of a page that steps of requests may take: a quarter.
const STEPS_PART: usize = 4;

/// The most rows that one page looks at. Steps of one day are few rows; registers from before may have many.
const MOST_LOOKED_AT: usize = 20_000;

/// The actor of what a holder does to the own account.
pub(super) const HOLDER: &str = "holder";
/// The actor of what the service does by itself.
pub(super) const SERVICE: &str = "service";

impl Record for AccountEvent {
    fn write(&self, row: &mut RowWriter) {
        row.array(&self.id);
        row.byte(self.kind as u8);
        row.optional_text(self.device.as_deref());
        row.byte(self.by as u8);
        row.number(self.at);
        // A row that stands for one is as it was before rows stood for several.
        if self.times > 1 {
            row.number(self.times);
        }
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        Some(Self {
            id: row.array()?,
            kind: {
                let number = row.byte()?;
                *EventKind::ALL.iter().find(|kind| **kind as u8 == number)?
            },
            device: row.optional_text()?,
            by: {
                let number = row.byte()?;
                *EventAuthor::ALL.iter().find(|author| **author as u8 == number)?
            },
            at: row.number()?,
            times: if row.is_over() { 1 } else { row.number()? },
        })
    }
}

/// What a person is told.
pub(super) struct Told<'a> {
    pub(super) kind: EventKind,
    /// The name of the device that it is about.
    pub(super) device: Option<String>,
    pub(super) actor: &'a str,
}

impl<'a> Told<'a> {
    /// Of something that is about no device.
    pub(super) fn of(kind: EventKind, actor: &'a str) -> Self {
        Self { kind, device: None, actor }
    }
}

/// Tells a person of what has this number in the audit. What one person can do again and again is one row of
/// its day.
pub(super) fn put(
    transaction: &mut Transaction,
    person: PersonId,
    Told { kind, device, actor }: Told<'_>,
    number: u64,
    at: u64,
) -> Result<(), StoreError> {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&at.to_be_bytes());
    id[8..].copy_from_slice(&number.to_be_bytes());
    let by = match actor {
        HOLDER => EventAuthor::Holder,
        SERVICE => EventAuthor::Service,
        _ => EventAuthor::Registrar,
    };
    let mut event = AccountEvent { id, kind, device, by, at, times: 1 };
    if kind.can_be_repeated()
        && let Some((key, same)) = same_of_the_day(transaction, person, &event)?
    {
        // It stands where it happened last, so that a wallet tells of it as new.
        event.times = same.times.saturating_add(1);
        transaction.remove(Table::Events, &key);
    }
    let key = key(person, &id);
    transaction.put(Table::Events, &key, encode(&event));
    note_expiry(transaction, Expiring::Event, at.saturating_add(USES_KEPT), &key);
    Ok(())
}

/// Whether the person was told the same of this device on that day.
pub(super) fn was_told_on_the_day(
    transaction: &Transaction,
    person: PersonId,
    kind: EventKind,
    device: Option<&str>,
    at: u64,
) -> Result<bool, StoreError> {
    let mut start = key(person, &[0; 16]);
    start[16..24].copy_from_slice(&(end_of_day(at).saturating_sub(DAY)).to_be_bytes());
    for (_, row) in transaction.scan_from(Table::Events, &person.0, &start)? {
        let one: AccountEvent = decode(&row)?;
        if one.kind == kind
            && one.device.as_deref() == device
            && end_of_day(one.at) == end_of_day(at)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The row of the same day that says the same, with nothing done to the account since: what led to an act
/// stays before it. A person is not told which registrar it was, so that all of them count as one.
fn same_of_the_day(
    transaction: &Transaction,
    person: PersonId,
    event: &AccountEvent,
) -> Result<Option<(Vec<u8>, AccountEvent)>, StoreError> {
    let mut start = key(person, &[0; 16]);
    start[16..24].copy_from_slice(&(end_of_day(event.at).saturating_sub(DAY)).to_be_bytes());
    let mut found = None;
    for (key, row) in transaction.scan_from(Table::Events, &person.0, &start)? {
        let one: AccountEvent = decode(&row)?;
        let same = (one.kind, one.by, &one.device) == (event.kind, event.by, &event.device);
        if !one.kind.can_be_repeated() {
            found = None;
        } else if same && end_of_day(one.at) == end_of_day(event.at) {
            found = Some((key, one));
        }
    }
    Ok(found)
}

fn key(person: PersonId, id: &EventId) -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(&person.0);
    key[16..].copy_from_slice(id);
    key
}

/// The newest, of which a part may be steps of requests: what was done to the account is never pushed out by
/// what was asked for.
pub(super) fn page(
    tables: &Tables,
    person: PersonId,
    before: Option<EventId>,
    limit: usize,
) -> Result<Vec<AccountEvent>, StoreError> {
    let end = key(person, &before.unwrap_or([0xff; 16]));
    let (mut page, mut steps) = (Vec::new(), 0);
    for row in tables.scan_back(Table::Events, &person.0, &end).take(MOST_LOOKED_AT) {
        let event: AccountEvent = decode(&row?.1)?;
        if event.kind.is_step() {
            steps += 1;
            if steps > limit.div_ceil(STEPS_PART) {
                continue;
            }
        }
        page.push(event);
        if page.len() == limit {
            break;
        }
    }
    Ok(page)
}
