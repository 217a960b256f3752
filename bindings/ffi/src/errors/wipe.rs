//! What wiping ends with.

use super::kind::{Kind, StorageFault};
use super::{Advice, CoreError};

/// Why not everything was destroyed. Whatever could be is; call again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[error("{advice}")]
pub enum WipeError {
    /// The sealing key was not destroyed, so that a copy of the folder could still be read.
    SealingKey {
        /// Code and texts.
        advice: Advice,
    },
    /// The vault is gone; a device key is not. No pass names it any more.
    DeviceKey {
        /// Code and texts.
        advice: Advice,
    },
    /// Another wallet has the folder open: close it there first.
    InUse {
        /// Code and texts.
        advice: Advice,
    },
    /// The folder holds something that is no wallet: nothing was touched.
    Foreign {
        /// Code and texts.
        advice: Advice,
    },
    /// Files could not be deleted.
    Storage {
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
impl WipeError {
    /// Code and texts, whatever the case.
    pub fn advice(&self) -> Advice {
        match self {
            Self::SealingKey { advice }
            | Self::DeviceKey { advice }
            | Self::InUse { advice }
            | Self::Foreign { advice }
            | Self::Storage { advice }
            | Self::Internal { advice } => advice.clone(),
        }
    }
}

impl From<CoreError> for WipeError {
    fn from(error: CoreError) -> Self {
        let advice = Advice::of(&error);
        match Kind::of(&error) {
            Kind::Storage(StorageFault::KeyLost | StorageFault::KeyUnavailable) => {
                Self::SealingKey { advice }
            }
            Kind::Key(_) => Self::DeviceKey { advice },
            Kind::Storage(StorageFault::InUse) => Self::InUse { advice },
            Kind::Storage(StorageFault::Foreign) => Self::Foreign { advice },
            Kind::Storage(
                StorageFault::Newer
                | StorageFault::Damaged
                | StorageFault::DiskFull
                | StorageFault::Disk,
            ) => Self::Storage { advice },
            // Wiping asks nobody.
            Kind::Unreachable
            | Kind::Refused(_)
            | Kind::Untrusted
            | Kind::OfferUnreadable
            | Kind::ForeignIssuer
            | Kind::NotEnrolled
            | Kind::Frozen
            | Kind::DeviceEnded
            | Kind::NoPass
            | Kind::Closed
            | Kind::WipedAfterLastTry
            | Kind::VenueCode(_)
            | Kind::Locked
            | Kind::CannotDraw
            | Kind::Internal => Self::Internal { advice },
        }
    }
}
