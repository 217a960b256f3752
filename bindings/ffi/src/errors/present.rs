//! What drawing a code ends with.

use super::kind::{KeyFault, Kind};
use super::{Advice, CoreError};

flow_error! {
    /// Why there is no code.
    pub enum PresentError {
        /// The unlocking is over, or another wallet's: have the holder unlock again, or take `app_opened`.
        Locked,
        /// Nothing is enrolled here yet: show the way to an enrolment.
        NotEnrolled,
        /// There is no pass for today: `refresh`, with a connection.
        NoPass,
        /// The device key is gone, or the phone has invalidated it: `refresh` fetches passes for new keys.
        KeyInvalidated,
        /// The phone is locked or its key store is busy: try again once it is unlocked.
        KeyUnavailable,
        /// The holder said no, or was not recognised: ask again when they want to.
        KeyNotAllowed,
        /// The signature is another key's or another message's, or came too late: begin anew.
        SignatureRefused,
        /// The pass cannot be read: `refresh`, and update the app where that does not help.
        Untrusted,
        /// What was asked does not fit into a code, such as an overlong challenge.
        CannotDraw,
        /// The phone's storage or the vault in it failed: the code says how, such as `VAULT_DISK_FULL`.
        Storage,
        /// The wallet was wiped: close this object. What comes next is another enrolment.
        Closed,
        /// A mistake of ours: report the detail.
        Internal,
    }
}

impl From<CoreError> for PresentError {
    fn from(error: CoreError) -> Self {
        let advice = Advice::of(&error);
        match Kind::of(&error) {
            Kind::Locked => Self::Locked { advice },
            Kind::NotEnrolled => Self::NotEnrolled { advice },
            Kind::NoPass => Self::NoPass { advice },
            Kind::Key(KeyFault::Gone) => Self::KeyInvalidated { advice },
            Kind::Key(KeyFault::Unavailable) => Self::KeyUnavailable { advice },
            Kind::Key(KeyFault::NotAllowed) => Self::KeyNotAllowed { advice },
            Kind::Key(KeyFault::BadSignature) => Self::SignatureRefused { advice },
            Kind::Untrusted => Self::Untrusted { advice },
            Kind::CannotDraw => Self::CannotDraw { advice },
            Kind::Storage(_) => Self::Storage { advice },
            Kind::Closed | Kind::WipedAfterLastTry => Self::Closed { advice },
            // Drawing asks no service.
            Kind::Unreachable
            | Kind::Refused(_)
            | Kind::OfferUnreadable
            | Kind::ForeignIssuer
            | Kind::Frozen
            | Kind::DeviceEnded
            | Kind::VenueCode(_)
            | Kind::Internal => Self::Internal { advice },
        }
    }
}
