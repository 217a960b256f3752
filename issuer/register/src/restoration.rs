//! A register that was put back from a copy: how it is known to be one, and how what was lost is made good.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{PersonId, RegisterId};
use crate::audit::AuditHead;

/// Which register this is, and how often it was put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterIdentity {
    /// A copy has the same.
    pub id: RegisterId,
    /// Goes up each time the register is put back from a copy, and does not go back with it.
    pub epoch: u32,
    /// Whether a witness was made for it: then it is not served without one.
    pub witnessed: bool,
    /// Whether its witness names each device that was stopped as copied since.
    pub copied_kept: bool,
    /// What its witness had seen when it was put back last; none where that was done without a witness.
    pub restored_from: Option<AuditHead>,
}

/// Days ahead that may have lists: longer than passes are issued.
pub const DAYS_AHEAD: u64 = 31;

/// How many status lists a day has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayLists {
    /// The end of the day, Unix seconds.
    pub exp: u64,
    /// How many lists.
    pub lists: u32,
    /// Numbers among them in which no pass was issued, since a restoration passed over them: ranges, each its
    /// first number and the one after its last. None where an older release kept nothing of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<(u32, u32)>,
}

/// A status list as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedList {
    /// The end of the day, Unix seconds.
    pub exp: u64,
    /// The list's number.
    pub list: u32,
    /// The statuses other than valid, by the index over the day's lists.
    pub statuses: BTreeMap<u32, u8>,
    /// Suspended places of which nothing tells whether a freeze did it: their devices may have been copied.
    pub untold: BTreeSet<u32>,
}

/// What is known from outside of a register that was put back.
#[derive(Clone, Debug, Default)]
pub struct Restoration {
    /// The highest epoch that is known.
    pub epoch: u32,
    /// The newest audit head that is known.
    pub lost: Option<AuditHead>,
    /// The newest that the witness has seen, where there is one.
    pub witness: Option<AuditHead>,
    /// How many lists the days had.
    pub days: Vec<DayLists>,
    /// Lists that each day may have had beyond what is known.
    pub spare_lists: u32,
    /// The newest published lists.
    pub published: Vec<PublishedList>,
    /// What was registered, where it is known.
    pub protections: Option<Protections>,
    /// The newest entry that the witness has seen, where a head of after it was published: nothing is known
    /// of what came then.
    pub known_through: Option<u64>,
    /// Status lists of the witness that count for nothing.
    pub unverified_lists: u64,
    /// True where the register has all that its witness has seen.
    pub nothing_lost: bool,
    /// The latest time that is certain, Unix seconds: days that end after it may not have ended.
    pub since: u64,
    /// Used codes up to this second cannot be told from new ones.
    pub codes_until: u64,
    /// Unix seconds.
    pub at: u64,
}

/// Why somebody has to look at a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The published lists say that the person's passes were revoked: the account is frozen now.
    Revoked,
    /// The published lists say that the person's passes were suspended: the account is frozen now.
    Suspended,
    /// The published lists say that the person's passes are good: the account stays as it is, which is not
    /// active.
    Released,
}

/// What putting the register in order came to. The register keeps that of the last time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// The epoch from now on.
    pub epoch: u32,
    /// The newest entry that was there.
    #[serde(with = "head_as_text")]
    pub found: AuditHead,
    /// True where the register has all that its witness has seen: then nothing was done after the copy.
    #[serde(default)]
    pub nothing_lost: bool,
    /// The persons to look at.
    pub persons: BTreeMap<PersonId, Finding>,
    /// Statuses of passes that were issued after the copy was made.
    pub unknown_passes: u64,
    /// Offers and requests of two persons that were open in the copy, and are not any more.
    pub closed: u64,
    /// What was protected again; none where nothing is known of it.
    pub protected: Option<Protected>,
    /// The newest entry that the witness had seen, where a head of after it was brought: what is protected
    /// again is what was known then, and nothing is known of later.
    #[serde(default)]
    pub known_through: Option<u64>,
    /// Status lists of the witness that no key signed which is trusted: they count for nothing.
    pub unverified_lists: u64,
}

/// What is registered, as far as the witness keeps it: of places and devices, and nothing that names a
/// person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protections {
    /// Suspended venues, and sites as venue/site.
    pub suspended: BTreeSet<String>,
    /// The names of withdrawn credentials.
    pub withdrawn: BTreeSet<String>,
    /// The start of a digest of each venue, site, device and gate key, by its kind and id.
    pub registered: BTreeMap<String, String>,
    /// Devices that were stopped since they may have been copied; none where an older release kept nothing of
    /// them.
    #[serde(default)]
    pub copied: Option<BTreeSet<String>>,
}

/// What a register that was put back did not protect, and does again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protected {
    /// Venues, and sites as venue/site: suspended again.
    pub suspended: Vec<String>,
    /// Credentials that were withdrawn again, by their names.
    pub withdrawn: Vec<String>,
    /// Venues, sites, devices and gates that are registered otherwise than they were: somebody has to look at
    /// them.
    pub otherwise: Vec<String>,
}

/// A head as it is told.
mod head_as_text {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::audit::AuditHead;

    pub(super) fn serialize<S: Serializer>(head: &AuditHead, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(head)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<AuditHead, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(|_| D::Error::custom("no head"))
    }
}
