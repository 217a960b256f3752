//! Events of accounts, as their persons see them: kept as long as uses are.

use crate::store::{AccountEvent, EventAuthor, EventId, EventKind, PersonId, StoreError};

use super::records::{Record, RowReader, RowWriter, decode, encode};
use super::scans::USES_KEPT;
use super::tables::{Table, Tables};
use super::tokens::{Expiring, note_expiry};
use super::transaction::Transaction;

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

/// Tells a person of what has this number in the audit.
pub(super) fn put(
    transaction: &mut Transaction,
    person: PersonId,
    Told { kind, device, actor }: Told<'_>,
    number: u64,
    at: u64,
) {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&at.to_be_bytes());
    id[8..].copy_from_slice(&number.to_be_bytes());
    let by = match actor {
        HOLDER => EventAuthor::Holder,
        SERVICE => EventAuthor::Service,
        _ => EventAuthor::Registrar,
    };
    let event = AccountEvent { id, kind, device, by, at };
    let key = key(person, &id);
    transaction.put(Table::Events, &key, encode(&event));
    note_expiry(transaction, Expiring::Event, at.saturating_add(USES_KEPT), &key);
}

fn key(person: PersonId, id: &EventId) -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(&person.0);
    key[16..].copy_from_slice(id);
    key
}

pub(super) fn page(
    tables: &Tables,
    person: PersonId,
    before: Option<EventId>,
    limit: usize,
) -> Result<Vec<AccountEvent>, StoreError> {
    let end = key(person, &before.unwrap_or([0xff; 16]));
    let rows = tables.scan_back(Table::Events, &person.0, &end);
    rows.take(limit).map(|row| decode(&row?.1)).collect()
}
