//! What opening a wallet ends with.

use super::kind::{Kind, StorageFault};
use super::{Advice, CoreError};

flow_error! {
    /// Why a wallet was not opened.
    pub enum OpenError {
        /// Another wallet, of this or of another process, has the folder open: close it there first.
        InUse,
        /// The sealing key is gone or is another one, as after a restored backup: nothing of it can be read
        /// again. Have the holder agree, then `wipe_closed_wallet`, open and enrol anew.
        KeyLost,
        /// The phone is locked or its key store is busy: open again once it is unlocked.
        KeyUnavailable,
        /// The folder holds something that is no wallet: choose another one.
        Foreign,
        /// A later version of the app wrote it: update.
        Newer,
        /// It cannot be read: as `KeyLost`.
        Damaged,
        /// The holder has to make room. Nothing was lost.
        DiskFull,
        /// The disk failed.
        Disk,
        /// Once, where the app ended between the last try of the PIN and the wipe that the city's policy asks
        /// for: opened again, the wallet is empty.
        WipedAfterLastTry,
        /// A root key is no P-256 key or there is none, or a build for phones was given no HTTP client.
        Configuration,
        /// A mistake of ours: report the detail.
        Internal,
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
