//! Devices of persons, which are token families, and their tokens.

use super::key::{Key, KeySink, KeySource, Leads, Part};
use super::record::{Record, RowSink, RowSource};
use super::word::Word;
use super::{CopiedDevices, Families, FamiliesOf};
use crate::{DeviceId, EndReason, Ended, PersonId};

/// Names a family: the hash of its grant's code.
pub(crate) type FamilyKey = [u8; 32];

/// The device that a family is.
pub(crate) fn device_of(family: &FamilyKey) -> DeviceId {
    let mut id = [0; 16];
    id.copy_from_slice(&family[..16]);
    DeviceId(id)
}

impl Part for DeviceId {
    fn write(&self, key: &mut impl KeySink) {
        key.array(&self.0);
    }
}

impl Key for DeviceId {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        key.array().map(Self)
    }
}

/// The family that the device is.
impl Leads<Families> for DeviceId {}

impl Leads<CopiedDevices> for DeviceId {}

impl Leads<FamiliesOf> for PersonId {}

/// All tokens that came from one grant.
pub(crate) struct Family {
    pub(crate) person: PersonId,
    pub(crate) current: [u8; 32],
    pub(crate) previous: Option<[u8; 32]>,
    /// The first successor that the previous token got, where that one came back so late that it got another
    /// one: either may be the one that the device holds, and a request that was held up on its way ends no
    /// phone.
    pub(crate) rival: Option<[u8; 32]>,
    /// That it was ended: none of its tokens is good any more.
    pub(crate) ended: Option<Ended>,
    /// When its newest token runs out.
    pub(crate) expires_at: u64,
    /// What the holder calls the device; empty where an older format kept none.
    pub(crate) name: String,
    pub(crate) created_at: Option<u64>,
    pub(crate) last_used_at: Option<u64>,
    /// What the current token was derived with from the previous one, and when, Unix seconds.
    pub(crate) salt: [u8; 32],
    pub(crate) rotated_at: u64,
    pub(crate) granted: Granted,
}

/// To whom tokens were given, and for what: nothing of it where the grant said none, as an offer's does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Granted {
    /// `client_id`.
    pub(crate) client: Option<String>,
    /// `scope`, as it was granted.
    pub(crate) scope: Option<String>,
    /// `acr`: how the holder showed who they are.
    pub(crate) acr: Option<String>,
    /// The SHA-256 thumbprint of the key that tokens are bound to (DPoP, RFC 9449, `jkt`).
    pub(crate) jkt: Option<[u8; 32]>,
}

impl Record for Granted {
    fn write(&self, row: &mut impl RowSink) {
        row.optional_text("client", self.client.as_deref());
        row.optional_text("scope", self.scope.as_deref());
        row.optional_text("acr", self.acr.as_deref());
        row.optional_array("jkt", self.jkt.as_ref());
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self {
            client: row.optional_text("client")?,
            scope: row.optional_text("scope")?,
            acr: row.optional_text("acr")?,
            jkt: row.optional_array("jkt")?,
        })
    }
}

impl Record for Family {
    fn size(&self) -> usize {
        256
    }

    fn write(&self, row: &mut impl RowSink) {
        row.array("person", &self.person.0);
        row.array("current", &self.current);
        // The rival beside it, where there is one.
        let earlier: Vec<_> = [self.previous, self.rival].into_iter().flatten().collect();
        row.arrays("earlier", &earlier);
        row.flag("is_ended", self.ended.is_some());
        row.number("expires_at", self.expires_at);
        row.text("name", &self.name);
        row.optional_number("created_at", self.created_at);
        row.optional_number("last_used_at", self.last_used_at);
        row.array("salt", &self.salt);
        row.number("rotated_at", self.rotated_at);
        if let Some(Ended { at, why }) = self.ended {
            row.optional_number("ended_at", at);
            row.word("ended_why", why);
        }
        self.granted.write(row);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        let (person, current) = (PersonId(row.array("person")?), row.array("current")?);
        let (previous, rival) = match *row.arrays("earlier")? {
            [] => (None, None),
            [previous] => (Some(previous), None),
            [previous, rival] => (Some(previous), Some(rival)),
            _ => return None,
        };
        let mut family = Self {
            person,
            current,
            previous,
            rival,
            ended: row.flag("is_ended")?.then_some(Ended { at: None, why: EndReason::Unknown }),
            expires_at: row.number("expires_at")?,
            name: String::new(),
            created_at: None,
            last_used_at: None,
            // The last exchange of an older row is long ago.
            salt: [0; 32],
            rotated_at: 0,
            granted: Granted::default(),
        };
        // Version 3 knew no devices.
        if row.version() >= 4 {
            family.name = row.text("name")?;
            family.created_at = row.optional_number("created_at")?;
            family.last_used_at = row.optional_number("last_used_at")?;
            family.salt = row.array("salt")?;
            family.rotated_at = row.number("rotated_at")?;
            if let Some(ended) = &mut family.ended {
                ended.at = row.optional_number("ended_at")?;
                ended.why = row.word("ended_why")?;
            }
        }
        // Version 5 knew no clients.
        if row.version() >= 6 {
            family.granted = Granted::read(row)?;
        }
        Some(family)
    }
}

impl Family {
    pub(crate) fn is_open(&self, now: u64) -> bool {
        self.ended.is_none() && self.expires_at > now
    }
}

/// How far a device has come. Kept beside the family; nothing is where an older format kept the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It has got no passes.
    New {
        /// Its first passes end the older devices.
        replaces: bool,
        /// Two registrars confirmed it.
        by_two: bool,
    },
    /// It has.
    #[default]
    There,
    /// It had, and was ended before another one came that two registrars confirmed.
    Forgiven,
}

impl Word for Arrival {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::There, 0, "there"),
        (Self::New { replaces: false, by_two: false }, 1, "new"),
        (Self::New { replaces: true, by_two: false }, 3, "new_replaces"),
        (Self::New { replaces: false, by_two: true }, 5, "new_by_two"),
        (Self::New { replaces: true, by_two: true }, 7, "new_replaces_by_two"),
        (Self::Forgiven, 8, "forgiven"),
    ];
}

impl Record for Arrival {
    const VERSIONED: bool = false;
    const WHAT: &'static str = "a device's arrival";

    fn size(&self) -> usize {
        1
    }

    fn write(&self, row: &mut impl RowSink) {
        row.word("arrival", *self);
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        if row.ends_before("arrival") { Some(Self::There) } else { row.word("arrival") }
    }
}

/// A token of either kind; its family tells whether it is still good.
pub(crate) struct Token {
    pub(crate) family: FamilyKey,
    pub(crate) refresh: bool,
    pub(crate) expires_at: u64,
    /// The register's epoch when it was given. One of an earlier epoch may have been replaced since, in what
    /// was lost.
    pub(crate) epoch: u32,
}

impl Record for Token {
    fn write(&self, row: &mut impl RowSink) {
        row.array("family", &self.family);
        row.flag("refresh", self.refresh);
        row.number("expires_at", self.expires_at);
        // A row of a register that was never put back is as it was before rows named an epoch.
        if self.epoch > 0 {
            row.number("epoch", self.epoch.into());
        }
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self {
            family: row.array("family")?,
            refresh: row.flag("refresh")?,
            expires_at: row.number("expires_at")?,
            epoch: if row.ends_before("epoch") {
                0
            } else {
                row.number("epoch")?.try_into().ok()?
            },
        })
    }
}
