//! The devices of a person, and what changes a person's account.

use serde::{Deserialize, Serialize};

use super::{Account, KeyDigest, PersonId, StatusChange};

/// The most devices that one person has at a time.
pub const MAX_DEVICES: usize = 5;

/// An opaque name of a citizen's device: the start of the hash that its tokens' family is kept under. It is
/// no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId(pub [u8; 16]);

/// A device of a person: all tokens and passes that came from one offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderDevice {
    /// Its opaque name.
    pub id: DeviceId,
    /// What its holder calls it.
    pub name: String,
    /// When it took its offer up, Unix seconds; unknown for one that an older format kept.
    pub created_at: Option<u64>,
    /// The day on which it last got tokens, by its first second in UTC; unknown as above until it gets some.
    pub last_used_at: Option<u64>,
    /// That it was ended, and why.
    pub ended: Option<Ended>,
}

/// That a device was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Unix seconds; unknown where an older format kept none.
    pub at: Option<u64>,
    /// Why.
    pub why: EndReason,
}

/// Why a device was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EndReason {
    /// An older format kept no reason.
    Unknown = 0,
    /// Its holder ended it.
    Holder = 1,
    /// A freeze ended all but the one that it kept.
    Frozen = 2,
    /// The account was revoked.
    Revoked = 3,
    /// A newer device took its place.
    Replaced = 4,
    /// A refresh token of it came back that was replaced long ago: somebody may have copied it.
    Copied = 5,
}

impl EndReason {
    /// Every reason, by its number.
    pub const ALL: [Self; 6] =
        [Self::Unknown, Self::Holder, Self::Frozen, Self::Revoked, Self::Replaced, Self::Copied];

    /// The word for it, as it is written everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Holder => "holder",
            Self::Frozen => "frozen",
            Self::Revoked => "revoked",
            Self::Replaced => "replaced",
            Self::Copied => "copied",
        }
    }
}

/// Who presents an access token, and on which device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose token it is.
    pub person: PersonId,
    /// Which of the person's devices it was given to.
    pub device: DeviceId,
}

/// What a new device means for the older ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeviceRule {
    /// It ends them with its first passes, so that nobody is left without any by an answer that is lost.
    #[default]
    Replaces,
    /// It comes in addition.
    Adds,
}

/// Another state for an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChange {
    /// Whose.
    pub person: PersonId,
    /// The state.
    pub account: Account,
    /// For a freeze: the one device whose tokens go on, with its passes suspended as all others'.
    pub keep: Option<DeviceId>,
    /// For a lifting: the devices that come back, and all others end. Where nothing is said, those end that
    /// the freeze suspended.
    pub back: Option<Vec<DeviceId>>,
    /// A registrar's id.
    pub actor: String,
    /// A word from the registrar's list of reasons.
    pub reason: String,
    /// Unix seconds.
    pub at: u64,
}

/// A loss that a person reports on one of their devices.
#[derive(Clone, Debug)]
pub struct LossReport {
    /// Whose token it came with.
    pub holder: Session,
    /// Tells it from every other report: a hash of the device and what it calls the report. `None` where it
    /// calls it nothing.
    pub key: Option<[u8; 32]>,
    /// The keys that it was signed with.
    pub proven: Vec<KeyDigest>,
    /// The time, by a checked clock.
    pub checked: Option<u64>,
    /// Unix seconds.
    pub at: u64,
}

/// What a report of a loss came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LossReported {
    /// How the other devices of the person stand.
    pub others: OtherDevices,
    /// The passes that were suspended or ended.
    pub changes: Vec<StatusChange>,
}

/// How the other devices of a person stand after a report of a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherDevices {
    /// They are ended for good, and the one that reported goes on as far as a frozen account lets it.
    Ended,
    /// They are stopped until the lifting names those that come back. So is the one that reported, where it
    /// gave no proof.
    Suspended,
}
