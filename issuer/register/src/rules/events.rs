//! Events of accounts, as their persons see them: kept as long as uses are.

use szid_protocol::day::{DAY, end_of_day};

use super::scans::USES_KEPT;
use super::transaction::Transaction;
use crate::backend::{Found, KeyRange, View};
use crate::rows::Events;
use crate::{AccountEvent, EventAuthor, EventId, EventKind, PersonId, StoreError};

/// The part of a page that steps of requests may take: a quarter.
const STEPS_PART: usize = 4;

/// The most rows that one page looks at. Steps of one day are few rows; registers from before may have many.
const MAX_ROWS_PER_PAGE: usize = 20_000;

/// The actor of what a holder does to the own account.
pub(super) const HOLDER: &str = "holder";
/// The actor of what the service does by itself.
pub(super) const SERVICE: &str = "service";

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
        transaction.remove::<Events>(&key);
    }
    let key = (person, id);
    transaction.put::<Events>(&key, &event);
    transaction.note_expiry::<Events>(at.saturating_add(USES_KEPT), &key);
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
    for (_, one) in transaction.scan_range::<Events>(on_the_day(person, at))? {
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
) -> Result<Option<Found<Events>>, StoreError> {
    let mut found = None;
    for (key, one) in transaction.scan_range::<Events>(on_the_day(person, event.at))? {
        let same = (one.kind, one.by, &one.device) == (event.kind, event.by, &event.device);
        if !one.kind.can_be_repeated() {
            found = None;
        } else if same && end_of_day(one.at) == end_of_day(event.at) {
            found = Some((key, one));
        }
    }
    Ok(found)
}

/// A person's events from the beginning of the day on.
fn on_the_day(person: PersonId, at: u64) -> KeyRange {
    KeyRange::from::<Events>(&person, &(person, end_of_day(at).saturating_sub(DAY)))
}

/// The newest, of which a part may be steps of requests: what was done to the account is never pushed out by
/// what was asked for.
pub(super) fn page(
    tables: &dyn View,
    person: PersonId,
    before: Option<EventId>,
    limit: usize,
) -> Result<Vec<AccountEvent>, StoreError> {
    let range = KeyRange::between::<Events>(&person, &(person, before.unwrap_or([0xff; 16])));
    let (mut page, mut steps) = (Vec::new(), 0);
    for row in tables.scan_back::<Events>(range).take(MAX_ROWS_PER_PAGE) {
        let (_, event) = row?;
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
