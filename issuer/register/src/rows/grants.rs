//! Offers that are out.

use super::GrantsOf;
use super::key::Leads;
use super::record::{Record, RowSink, RowSource};
use crate::{DeviceId, DeviceRule, Grant, PersonId};

/// The hash of an offer's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer(pub(crate) [u8; 32]);

impl Record for Offer {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "an offer";

    fn size(&self) -> usize {
        32
    }

    fn write(&self, row: &mut impl RowSink) {
        row.array("offer", &self.0);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        row.array("offer").map(Self)
    }
}

impl Leads<GrantsOf> for PersonId {}

impl Record for Grant {
    fn size(&self) -> usize {
        192 + self.sealed_offer.len()
    }

    fn write(&self, row: &mut impl RowSink) {
        row.array("person", &self.person.0);
        row.array("code_hash", &self.code_hash);
        row.array("tx_code_hash", &self.tx_code_hash);
        row.bytes("sealed_offer", &self.sealed_offer);
        row.number("expires_at", self.expires_at);
        row.byte("attempts_left", self.attempts_left);
        row.word("devices", self.devices);
        row.text("made_by", &self.made_by);
        row.optional_array("approved_on", self.approved_on.as_ref().map(|device| &device.0));
        row.flag("ended", self.ended);
        // A row of a device that named none is as it was before one could be named.
        if let Some(retry) = &self.retry_hash {
            row.array("retry_hash", retry);
        }
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        let mut grant = Self {
            person: PersonId(row.array("person")?),
            code_hash: row.array("code_hash")?,
            tx_code_hash: row.array("tx_code_hash")?,
            sealed_offer: row.bytes("sealed_offer")?,
            expires_at: row.number("expires_at")?,
            attempts_left: row.byte("attempts_left")?,
            devices: DeviceRule::Adds,
            made_by: String::new(),
            approved_on: None,
            ended: false,
            retry_hash: None,
        };
        // Version 3 knew no devices: an offer came in addition. It did not say who made it either.
        if row.version() >= 4 {
            grant.devices = row.word("devices")?;
            grant.made_by = row.text("made_by")?;
            grant.approved_on = row.optional_array("approved_on")?.map(DeviceId);
            grant.ended = row.flag("ended")?;
            if !row.ends_before("retry_hash") {
                grant.retry_hash = Some(row.array("retry_hash")?);
            }
        }
        Some(grant)
    }
}
