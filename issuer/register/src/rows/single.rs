//! Rows of which a table has one, and plain values.

use super::record::{Record, RowSink, RowSource};
use crate::Mode;
use crate::audit::AuditHead;

/// Of rows that are there or not.
impl Record for () {
    const VERSIONED: bool = false;

    fn size(&self) -> usize {
        0
    }

    fn write(&self, _: &mut impl RowSink) {}

    fn read(_: &mut impl RowSource) -> Option<Self> {
        Some(())
    }
}

impl Record for u32 {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "a counter";

    fn size(&self) -> usize {
        4
    }

    fn write(&self, row: &mut impl RowSink) {
        row.index("value", *self);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        row.index("value")
    }
}

impl Record for u64 {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "a number";

    fn size(&self) -> usize {
        8
    }

    fn write(&self, row: &mut impl RowSink) {
        row.number("value", *self);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        row.number("value")
    }
}

impl<const N: usize> Record for [u8; N] {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "a secret or an id";

    fn size(&self) -> usize {
        N
    }

    fn write(&self, row: &mut impl RowSink) {
        row.array("value", self);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        row.array("value")
    }
}

impl Record for Vec<u8> {
    const VERSIONED: bool = false;

    fn size(&self) -> usize {
        self.len()
    }

    fn write(&self, row: &mut impl RowSink) {
        row.last_bytes("value", self);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        row.last_bytes("value")
    }
}

impl Record for Mode {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "the register's mode";

    fn write(&self, row: &mut impl RowSink) {
        row.word("value", *self);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        row.word("value")
    }
}

/// What is kept as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Json(pub(crate) Vec<u8>);

impl Record for Json {
    const VERSIONED: bool = false;

    fn size(&self) -> usize {
        self.0.len()
    }

    fn write(&self, row: &mut impl RowSink) {
        row.last_json("value", &self.0);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        row.last_json("value").map(Self)
    }
}

impl Record for AuditHead {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "an audit head";

    fn write(&self, row: &mut impl RowSink) {
        row.number("number", self.number);
        row.array("digest", &self.digest);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self { number: row.number("number")?, digest: row.array("digest")? })
    }
}

/// The last restoration that lost something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastRestoration {
    pub(crate) at: u64,
    /// A witness told what had been ended since the copy. Without one, whoever was ended might come back.
    pub(crate) by_witness: bool,
}

impl Record for LastRestoration {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "the time of a restoration";

    fn write(&self, row: &mut impl RowSink) {
        row.number("at", self.at);
        row.flag("by_witness", self.by_witness);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self { at: row.number("at")?, by_witness: row.flag("by_witness")? })
    }
}
