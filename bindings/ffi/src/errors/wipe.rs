//! What wiping ends with.

use super::kind::{Kind, StorageFault};
use super::{Advice, CoreError};

flow_error! {
    /// Why not everything was destroyed. Whatever could be is; call again.
    pub enum WipeError {
        /// The sealing key was not destroyed, so that a copy of the folder could still be read.
        SealingKey,
        /// The vault is gone; a device key is not. No pass names it any more.
        DeviceKey,
        /// Another wallet has the folder open: close it there first.
        InUse,
        /// The folder holds something that is no wallet: nothing was touched.
        Foreign,
        /// Files could not be deleted.
        Storage,
        /// A mistake of ours: report the detail.
        Internal,
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
