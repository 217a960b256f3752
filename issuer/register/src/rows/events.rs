//! Events of accounts.

use super::Events;
use super::key::Leads;
use super::record::{Record, RowSink, RowSource};
use crate::{AccountEvent, PersonId};

impl Leads<Events> for PersonId {}

/// A person's from a second on.
impl Leads<Events> for (PersonId, u64) {}

impl Leads<Events> for (PersonId, crate::EventId) {}

impl Record for AccountEvent {
    fn write(&self, row: &mut impl RowSink) {
        row.array("id", &self.id);
        row.word("kind", self.kind);
        row.optional_text("device", self.device.as_deref());
        row.word("by", self.by);
        row.number("at", self.at);
        // A row that stands for one is as it was before rows stood for several.
        if self.times > 1 {
            row.number("times", self.times);
        }
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self {
            id: row.array("id")?,
            kind: row.word("kind")?,
            device: row.optional_text("device")?,
            by: row.word("by")?,
            at: row.number("at")?,
            times: if row.ends_before("times") { 1 } else { row.number("times")? },
        })
    }
}
