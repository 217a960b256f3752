//! Receipts of devices without connection.

use super::record::{Record, RowSink, RowSource};
use crate::SetAside;

/// The digest of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest(pub(crate) [u8; 32]);

impl Record for Digest {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "a receipt's digest";

    fn size(&self) -> usize {
        32
    }

    fn write(&self, row: &mut impl RowSink) {
        row.array("digest", &self.0);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        row.array("digest").map(Self)
    }
}

impl Record for SetAside {
    fn size(&self) -> usize {
        128 + self.bytes.len()
    }

    fn write(&self, row: &mut impl RowSink) {
        row.text("venue", &self.venue);
        row.text("device", &self.device);
        row.number("number", self.number.unwrap_or(0));
        row.text("objection", &self.objection);
        row.number("at", self.at);
        row.bytes("receipt", &self.bytes);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self {
            venue: row.text("venue")?,
            device: row.text("device")?,
            // Numbers begin at 1.
            number: Some(row.number("number")?).filter(|number| *number > 0),
            objection: row.text("objection")?,
            at: row.number("at")?,
            bytes: row.bytes("receipt")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{decode, encode};
    use super::*;
    use crate::Objection;

    #[test]
    fn a_receipt_that_was_set_aside_comes_back_as_it_was() {
        for number in [None, Some(7)] {
            let (venue, device) = ("park".into(), "gate-1".into());
            let objection = Objection::Scene.code().into();
            let row = SetAside { venue, device, number, objection, at: 9, bytes: vec![1, 2, 3] };
            assert_eq!(decode::<SetAside>(&encode(&row)), Ok(row));
        }
    }
}
