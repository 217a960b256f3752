//! What opening a wallet ends with.

use super::kind::{Kind, StorageFault};
use super::{Advice, CoreError};

/// Why a wallet was not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[error("{advice}")]
pub enum OpenError {
    /// Another wallet, of this or of another process, has the folder open: close it there first.
    InUse {
        /// Code and texts.
        advice: Advice,
    },
    /// The sealing key is gone or is another one, as after a restored backup: nothing of it can be read again. Have the
    /// holder agree, then `wipe_closed_wallet`, open and enrol anew.
    KeyLost {
        /// Code and texts.
        advice: Advice,
    },
    /// The phone is locked or its key store is busy: open again once it is unlocked.
    KeyUnavailable {
        /// Code and texts.
        advice: Advice,
    },
    /// The folder holds something that is no wallet: choose another one.
    Foreign {
        /// Code and texts.
        advice: Advice,
    },
    /// A later version of the app wrote it: update.
    Newer {
        /// Code and texts.
        advice: Advice,
    },
    /// It cannot be read: as `KeyLost`.
    Damaged {
        /// Code and texts.
        advice: Advice,
    },
    /// The holder has to make room. Nothing was lost.
    DiskFull {
        /// Code and texts.
        advice: Advice,
    },
    /// The disk failed.
    Disk {
        /// Code and texts.
        advice: Advice,
    },
    /// Once, where the app ended between the last try of the PIN and the wipe that the city's policy asks for: opened again,
    /// the wallet is empty.
    WipedAfterLastTry {
        /// Code and texts.
        advice: Advice,
    },
    /// A root key is no P-256 key or there is none, or a build for phones was given no HTTP client.
    Configuration {
        /// Code and texts.
        advice: Advice,
    },
    /// A mistake of ours: report the detail.
    Internal {
        /// Code and texts.
        advice: Advice,
    },
}

#[uniffi::export]
impl OpenError {
    /// Code and texts, whatever the case.
    pub fn advice(&self) -> Advice {
        match self {
            Self::InUse { advice }
            | Self::KeyLost { advice }
            | Self::KeyUnavailable { advice }
            | Self::Foreign { advice }
            | Self::Newer { advice }
            | Self::Damaged { advice }
            | Self::DiskFull { advice }
            | Self::Disk { advice }
            | Self::WipedAfterLastTry { advice }
            | Self::Configuration { advice }
            | Self::Internal { advice } => advice.clone(),
        }
    }
}

impl OpenError {
    pub(crate) fn configuration(detail: &str) -> Self {
        Self::Configuration { advice: Advice::of_configuration(detail) }
    }
}

impl From<CoreError> for OpenError {
    fn from(error: CoreError) -> Self {
        let advice = Advice::of(&error);
        match Kind::of(&error) {
            Kind::Storage(fault) => match fault {
                StorageFault::InUse => Self::InUse { advice },
                StorageFault::KeyLost => Self::KeyLost { advice },
                StorageFault::KeyUnavailable => Self::KeyUnavailable { advice },
                StorageFault::Foreign => Self::Foreign { advice },
                StorageFault::Newer => Self::Newer { advice },
                StorageFault::Damaged => Self::Damaged { advice },
                StorageFault::DiskFull => Self::DiskFull { advice },
                StorageFault::Disk => Self::Disk { advice },
            },
            Kind::WipedAfterLastTry => Self::WipedAfterLastTry { advice },
            // Opening asks neither the service nor a device key.
            Kind::Unreachable
            | Kind::Refused(_)
            | Kind::Untrusted
            | Kind::OfferUnreadable
            | Kind::ForeignIssuer
            | Kind::NotEnrolled
            | Kind::Frozen
            | Kind::DeviceEnded
            | Kind::NoPass
            | Kind::Key(_)
            | Kind::Closed
            | Kind::VenueCode(_)
            | Kind::Locked
            | Kind::CannotDraw
            | Kind::Internal => Self::Internal { advice },
        }
    }
}
