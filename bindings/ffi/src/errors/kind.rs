//! What the core's errors come to. The core may get more of them, so that matching on them needs a last arm;
//! it stands here alone, and `table` fails for a code that it does not know. The flows match on kinds,
//! without such an arm.

use szid_wallet::{KeyError, VaultError, VenueCodeFault};

use super::CoreError;

/// What a shell can do something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No connection, no answer in time, or one of a network that wants a login first.
    Unreachable,
    /// The service said no.
    Refused(Refusal),
    /// The service's answer or what the city signed cannot be used.
    Untrusted,
    /// The offer cannot be read.
    OfferUnreadable,
    /// The city does not name this issuer.
    ForeignIssuer,
    /// Nothing is enrolled.
    NotEnrolled,
    /// The account is frozen.
    Frozen,
    /// This device was ended.
    DeviceEnded,
    /// No pass for today.
    NoPass,
    /// The device key did not do its work.
    Key(KeyFault),
    /// The vault did not do its work.
    Storage(StorageFault),
    /// The wallet was wiped.
    Closed,
    /// The wallet was wiped just now, after the last try of the PIN.
    WipedAfterLastTry,
    /// A venue's code is none, or is over.
    VenueCode(CodeFault),
    /// The unlocking is over.
    Locked,
    /// What was asked does not fit into a code.
    CannotDraw,
    /// A mistake of ours.
    Internal,
}

/// What the service said no with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Later, perhaps.
    Busy,
    /// It is not there any more.
    NotFound,
    /// OAuth's word for a wrong transaction code and for an offer that is over.
    InvalidGrant,
    /// The venue's question was answered, or has run out.
    QuestionOver,
    /// The approval's tier is too low, or it came too late.
    TierTooLow,
    /// Nobody looks at the desk's screen.
    VenueAway,
    /// Any other word.
    Other,
}

/// What a device key failed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyFault {
    /// It is gone, or the phone has invalidated it.
    Gone,
    /// The phone is locked, or its key store is busy.
    Unavailable,
    /// The holder said no.
    NotAllowed,
    /// The signature is another key's or another message's, or came too late.
    BadSignature,
}

/// What the vault failed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StorageFault {
    /// Another wallet has the folder open.
    InUse,
    /// The sealing key is gone, or another one.
    KeyLost,
    /// The sealing key cannot be used now.
    KeyUnavailable,
    /// The folder holds something else.
    Foreign,
    /// A later version of this software wrote it.
    Newer,
    /// It cannot be read.
    Damaged,
    /// The disk is full.
    DiskFull,
    /// The disk failed.
    Disk,
}

/// What is wrong with a venue's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeFault {
    /// The city did not sign it.
    Forged,
    /// It is none, or its time is over.
    Unusable,
}

impl Kind {
    pub(crate) fn of(error: &CoreError) -> Self {
        match error {
            CoreError::Network | CoreError::NotTheService => Self::Unreachable,
            CoreError::Refused(word) => Self::Refused(Refusal::of(word)),
            CoreError::Answer(_) | CoreError::Untrusted(_) => Self::Untrusted,
            CoreError::Offer | CoreError::NotHttps => Self::OfferUnreadable,
            CoreError::Issuer => Self::ForeignIssuer,
            CoreError::NotEnrolled => Self::NotEnrolled,
            CoreError::Frozen => Self::Frozen,
            CoreError::DeviceEnded => Self::DeviceEnded,
            CoreError::NoPass => Self::NoPass,
            CoreError::Key(error) => KeyFault::of(*error).map_or(Self::Internal, Self::Key),
            CoreError::Vault(VaultError::Wiped) => Self::Closed,
            CoreError::Vault(error) => {
                StorageFault::of(error).map_or(Self::Internal, Self::Storage)
            }
            CoreError::VenueCode(fault) => Self::VenueCode(match fault {
                VenueCodeFault::Signature => CodeFault::Forged,
                VenueCodeFault::Malformed | VenueCodeFault::Expired => CodeFault::Unusable,
            }),
            CoreError::Locked => Self::Locked,
            CoreError::WipedAfterLastTry => Self::WipedAfterLastTry,
            CoreError::Drawing => Self::CannotDraw,
            _ => Self::Internal,
        }
    }
}

impl Refusal {
    fn of(word: &str) -> Self {
        match word {
            // The service's words, and the statuses of what stands in front of it and knows no words.
            "temporarily_unavailable"
            | "BUSY"
            | "CLOCK_UNCHECKED"
            | "STORAGE_LOW"
            | "TIMEOUT"
            | "TOO_MANY"
            | "408"
            | "429"
            | "502"
            | "503"
            | "504" => Self::Busy,
            "NOT_FOUND" | "OFFER_USED" | "OFFER_EXPIRED" | "OFFER_LOCKED" => Self::NotFound,
            "invalid_grant" => Self::InvalidGrant,
            "CONSENT_OVER" => Self::QuestionOver,
            "CONSENT_CODE" => Self::TierTooLow,
            "VENUE_AWAY" => Self::VenueAway,
            _ => Self::Other,
        }
    }
}

impl KeyFault {
    fn of(error: KeyError) -> Option<Self> {
        Some(match error {
            KeyError::Lost => Self::Gone,
            KeyError::Unavailable => Self::Unavailable,
            KeyError::NotAllowed => Self::NotAllowed,
            KeyError::WrongSignature | KeyError::TooLate => Self::BadSignature,
            _ => return None,
        })
    }
}

impl StorageFault {
    fn of(error: &VaultError) -> Option<Self> {
        Some(match error {
            VaultError::InUse => Self::InUse,
            VaultError::WrongKey | VaultError::KeyLost => Self::KeyLost,
            VaultError::PortUnavailable(_) => Self::KeyUnavailable,
            VaultError::Foreign => Self::Foreign,
            VaultError::NewerVersion { .. } => Self::Newer,
            VaultError::Damaged(_) | VaultError::RecordDamaged { .. } => Self::Damaged,
            VaultError::DiskFull => Self::DiskFull,
            VaultError::Io(_) => Self::Disk,
            _ => return None,
        })
    }
}
