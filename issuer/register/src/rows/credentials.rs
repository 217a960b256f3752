//! Credentials of every role, and the lists by whose they are.

use super::key::{Key, KeySink, KeySource, Leads, Name, Part};
use super::record::{Record, RowSink, RowSource};
use super::word::Word;
use super::{Credentials, DeviceCredentials, StaffCredentials};
use crate::{Bearer, Credential, CredentialId, Made};

/// By the name of a credential, which is the start of its hash.
impl Leads<Credentials> for CredentialId {}

/// A venue's device and the hash of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeviceCredential<'a> {
    pub(crate) venue: Name<'a>,
    pub(crate) device: Name<'a>,
    pub(crate) hash: [u8; 32],
}

impl Part for DeviceCredential<'_> {
    fn write(&self, key: &mut impl KeySink) {
        key.text(&self.venue);
        key.text(&self.device);
        key.array(&self.hash);
    }
}

impl Key for DeviceCredential<'_> {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        Some(Self { venue: key.text()?.into(), device: key.text()?.into(), hash: key.array()? })
    }
}

/// A venue's device.
#[derive(Clone, Copy)]
pub(crate) struct OfDevice<'a> {
    pub(crate) venue: &'a str,
    pub(crate) device: &'a str,
}

impl Part for OfDevice<'_> {
    fn write(&self, key: &mut impl KeySink) {
        key.text(self.venue);
        key.text(self.device);
    }
}

impl Leads<DeviceCredentials> for OfDevice<'_> {}

impl Leads<DeviceCredentials> for DeviceCredential<'_> {}

impl Leads<DeviceCredentials> for (OfDevice<'_>, CredentialId) {}

/// Who works where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StaffRole {
    Registrar,
    Operator,
    Administrator,
}

impl Word for StaffRole {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::Registrar, 1, "registrar"),
        (Self::Operator, 2, "operator"),
        (Self::Administrator, 3, "administrator"),
    ];
}

/// One of the staff and the hash of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StaffCredential<'a> {
    pub(crate) role: StaffRole,
    /// Of an operator.
    pub(crate) venue: Option<Name<'a>>,
    pub(crate) name: Name<'a>,
    pub(crate) hash: [u8; 32],
}

impl Part for StaffCredential<'_> {
    fn write(&self, key: &mut impl KeySink) {
        key.word(self.role);
        match &self.venue {
            Some(venue) => key.text(venue),
            None => key.nothing(),
        }
        key.text(&self.name);
        key.array(&self.hash);
    }
}

impl Key for StaffCredential<'_> {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        let role = key.word()?;
        let venue = if role == StaffRole::Operator {
            Some(key.text()?.into())
        } else {
            key.nothing();
            None
        };
        Some(Self { role, venue, name: key.text()?.into(), hash: key.array()? })
    }
}

/// All of a role, those of one venue, or one of them.
#[derive(Clone, Copy)]
pub(crate) struct OfRole<'a> {
    pub(crate) role: StaffRole,
    /// Of operators.
    pub(crate) venue: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
}

impl<'a> OfRole<'a> {
    pub(crate) fn all(role: StaffRole) -> Self {
        Self { role, venue: None, name: None }
    }

    pub(crate) fn named(role: StaffRole, name: &'a str) -> Self {
        Self { role, venue: None, name: Some(name) }
    }

    pub(crate) fn operators(venue: &'a str, name: Option<&'a str>) -> Self {
        Self { role: StaffRole::Operator, venue: Some(venue), name }
    }
}

impl Part for OfRole<'_> {
    fn write(&self, key: &mut impl KeySink) {
        key.word(self.role);
        [self.venue, self.name].into_iter().flatten().for_each(|text| key.text(text));
    }
}

impl Leads<StaffCredentials> for OfRole<'_> {}

impl Leads<StaffCredentials> for StaffCredential<'_> {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BearerKind {
    Device,
    Registrar,
    Operator,
    Administrator,
}

impl Word for BearerKind {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::Device, 0, "device"),
        (Self::Registrar, 1, "registrar"),
        (Self::Operator, 2, "operator"),
        (Self::Administrator, 3, "administrator"),
    ];
}

impl Record for Bearer {
    fn write(&self, row: &mut impl RowSink) {
        match self {
            Self::Venue { venue, device } => {
                row.word("bearer", BearerKind::Device);
                row.text("venue", venue);
                row.text("device", device);
            }
            Self::Registrar { registrar } => {
                row.word("bearer", BearerKind::Registrar);
                row.text("name", registrar);
            }
            Self::Operator { venue, name, duty } => {
                row.word("bearer", BearerKind::Operator);
                row.text("venue", venue);
                row.text("name", name);
                row.word("duty", *duty);
            }
            Self::Administrator { name } => {
                row.word("bearer", BearerKind::Administrator);
                row.text("name", name);
            }
        }
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(match row.word("bearer")? {
            BearerKind::Device => {
                Self::Venue { venue: row.text("venue")?, device: row.text("device")? }
            }
            BearerKind::Registrar => Self::Registrar { registrar: row.text("name")? },
            BearerKind::Operator => Self::Operator {
                venue: row.text("venue")?,
                name: row.text("name")?,
                duty: row.word("duty")?,
            },
            BearerKind::Administrator => Self::Administrator { name: row.text("name")? },
        })
    }
}

impl Record for Credential {
    fn write(&self, row: &mut impl RowSink) {
        self.bearer.write(row);
        row.flag("revoked", self.revoked);
        row.optional("made_at", self.made.as_ref(), |row, made| {
            row.number("made_at", made.at);
            row.text("made_by", &made.by);
        });
        // As before, for all but the few that it is about.
        if let Some(Made { at, by }) = &self.contested {
            row.number("contested_at", *at);
            row.text("contested_by", by);
        }
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        let (bearer, revoked) = (Bearer::read(row)?, row.flag("revoked")?);
        // Version 3 did not say when and by whom.
        let made = if row.version() >= 4 {
            row.optional("made_at", |row| {
                Some(Made { at: row.number("made_at")?, by: row.text("made_by")? })
            })?
        } else {
            None
        };
        let contested = if row.ends_before("contested_at") {
            None
        } else {
            Some(Made { at: row.number("contested_at")?, by: row.text("contested_by")? })
        };
        Some(Self { bearer, revoked, made, contested })
    }
}
