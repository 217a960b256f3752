//! The audit chain, and the trails of venues that lead into it.

use super::key::{Key, KeySink, KeySource, Leads, Name, Part};
use super::places::InVenue;
use super::record::{Record, RowSink, RowSource};
use super::word::Word;
use super::{Audit, Trails};
use crate::audit::AuditEntry;
use crate::{ReceiptId, StoreError, TrailCursor, TrailKind};

/// An entry of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuditRow {
    /// The digest of the chain up to it.
    pub(crate) digest: [u8; 32],
    /// What it says, as JSON.
    pub(crate) json: Vec<u8>,
}

impl AuditRow {
    /// What it says.
    pub(crate) fn entry(&self) -> Result<AuditEntry, StoreError> {
        serde_json::from_slice(&self.json).map_err(|_| StoreError::Damaged(Self::WHAT))
    }
}

impl Record for AuditRow {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "an audit entry";

    fn size(&self) -> usize {
        32 + self.json.len()
    }

    fn write(&self, row: &mut impl RowSink) {
        row.array("digest", &self.digest);
        row.last_json("entry", &self.json);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self { digest: row.array("digest")?, json: row.last_json("entry")? })
    }
}

impl Leads<Audit> for u64 {}

/// The number of an audit entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry(pub(crate) u64);

impl Record for Entry {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "a trail";

    fn size(&self) -> usize {
        8
    }

    fn write(&self, row: &mut impl RowSink) {
        row.number("entry", self.0);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        row.number("entry").map(Self)
    }
}

/// Where an entry stands in a venue's trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrailKey<'a> {
    pub(crate) venue: Name<'a>,
    pub(crate) at: u64,
    pub(crate) receipt: ReceiptId,
    pub(crate) kind: TrailKind,
}

impl TrailKey<'_> {
    /// Its place among those of its venue.
    pub(crate) fn cursor(&self) -> TrailCursor {
        let mut cursor = [0; 25];
        cursor[..8].copy_from_slice(&self.at.to_be_bytes());
        cursor[8..24].copy_from_slice(&self.receipt);
        cursor[24] = self.kind.to_byte();
        cursor
    }
}

impl Part for TrailKey<'_> {
    fn write(&self, key: &mut impl KeySink) {
        key.text(&self.venue);
        key.number(self.at);
        key.array(&self.receipt);
        key.word(self.kind);
    }
}

impl Key for TrailKey<'_> {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        Some(Self {
            venue: key.text()?.into(),
            at: key.number()?,
            receipt: key.array()?,
            kind: key.word()?,
        })
    }
}

impl Leads<Trails> for (InVenue<'_>, TrailCursor) {}
