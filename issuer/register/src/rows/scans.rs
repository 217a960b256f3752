//! Codes that were used, and what citizens and venues see of it.

use super::key::{Key, KeySink, KeySource, Leads, Part};
use super::record::{Record, RowSink, RowSource};
use super::{UsedCodes, Uses};
use crate::{
    Consent, Earlier, IdentityUse, Matter, OtherDevices, PersonId, PlaceNames, ReceiptId, UsedCode,
};

/// A used code. The second comes first, so that old ones lie together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UsedKey {
    pub(crate) iat: u64,
    pub(crate) device: [u8; 16],
}

impl UsedKey {
    pub(crate) fn of(used: &UsedCode) -> Self {
        Self { iat: used.iat, device: used.device }
    }
}

impl Part for UsedKey {
    fn write(&self, key: &mut impl KeySink) {
        key.number(self.iat);
        key.array(&self.device);
    }
}

impl Key for UsedKey {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        Some(Self { iat: key.number()?, device: key.array()? })
    }
}

impl Leads<UsedCodes> for u64 {}

/// Who used a code first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstUse {
    /// The digest of the operator.
    pub(crate) operator: [u8; 8],
    /// The number of the audit entry: 0 where the row is of a format that did not say.
    pub(crate) entry: u64,
}

impl Record for FirstUse {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "a used code";

    fn size(&self) -> usize {
        16
    }

    fn write(&self, row: &mut impl RowSink) {
        row.array("operator", &self.operator);
        row.number("entry", self.entry);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self {
            operator: row.array("operator")?,
            entry: if row.ends_before("entry") { 0 } else { row.number("entry")? },
        })
    }
}

impl Leads<Uses> for PersonId {}

impl Leads<Uses> for (PersonId, ReceiptId) {}

impl Record for IdentityUse {
    fn size(&self) -> usize {
        256
    }

    fn write(&self, row: &mut impl RowSink) {
        row.array("receipt", &self.receipt);
        row.text("venue", &self.venue);
        row.text("device", &self.device);
        row.short("scene", self.scene);
        row.text("reason", &self.reason);
        row.names("claims", &self.claims);
        row.word("consent", self.consent);
        row.optional("operator", self.matter.as_ref(), |row, matter| {
            row.text("operator", &matter.operator);
            row.text("purpose", &matter.purpose);
            row.text("case", &matter.case);
        });
        row.flag("offline", self.offline);
        row.number("at", self.at);
        row.optional_text("site", self.site.as_deref());
        row.optional_text("venue_name", self.names.as_ref().map(|names| names.venue.as_str()));
        row.optional_text("site_name", self.names.as_ref().and_then(|names| names.site.as_deref()));
        // As before, for all that nobody reported.
        if let Some(at) = self.reported_at {
            row.number("reported_at", at);
        }
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self {
            receipt: row.array("receipt")?,
            venue: row.text("venue")?,
            device: row.text("device")?,
            scene: row.short("scene")?,
            reason: row.text("reason")?,
            claims: row.names("claims")?,
            consent: row.word("consent")?,
            matter: row.optional("operator", |row| {
                Some(Matter {
                    operator: row.text("operator")?,
                    purpose: row.text("purpose")?,
                    case: row.text("case")?,
                })
            })?,
            offline: row.flag("offline")?,
            at: row.number("at")?,
            // Version 2 knew no sites.
            site: if row.version() < 3 { None } else { row.optional_text("site")? },
            // Version 4 knew no names.
            names: if row.version() < 5 { None } else { read_names(row)? },
            reported_at: if row.ends_before("reported_at") {
                None
            } else {
                Some(row.number("reported_at")?)
            },
        })
    }
}

fn read_names(row: &mut impl RowSource) -> Option<Option<PlaceNames>> {
    let (venue, site) = (row.optional_text("venue_name")?, row.optional_text("site_name")?);
    Some(venue.map(|venue| PlaceNames { venue, site }))
}

/// What a request came to that may be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// A venue's scan.
    Scan(Earlier),
    /// A holder's report of a loss.
    Loss(OtherDevices),
}

impl Record for Answered {
    fn write(&self, row: &mut impl RowSink) {
        match self {
            Self::Scan(earlier) => earlier.write(row),
            Self::Loss(others) => row.word("others", *others),
        }
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        // No row of a scan is as short.
        if row.is_only("others", 1) {
            return row.word("others").map(Self::Loss);
        }
        Earlier::read(row).map(Self::Scan)
    }
}

impl Record for Earlier {
    fn size(&self) -> usize {
        160
    }

    fn write(&self, row: &mut impl RowSink) {
        row.array("request", &self.request);
        row.array("receipt", &self.receipt);
        row.optional_array("person", self.person.as_ref().map(|person| &person.0));
        row.text("reason", &self.reason);
        row.word("consent", self.consent);
        row.number("at", self.at);
        row.array("registration", &self.registration);
        row.names("claims", &self.claims);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        let (request, receipt) = (row.array("request")?, row.array("receipt")?);
        let person = row.optional_array("person")?.map(PersonId);
        let (reason, consent): (_, Consent) = (row.text("reason")?, row.word("consent")?);
        let at = row.number("at")?;
        // Version 3 did not say what was given to whom: nothing of it is given again.
        let (registration, claims) = if row.version() < 4 {
            ([0; 32], Vec::new())
        } else {
            (row.array("registration")?, row.names("claims")?)
        };
        Some(Self { request, registration, receipt, person, reason, consent, claims, at })
    }
}
