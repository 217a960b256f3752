//! What talking to the service about passes, account, uses and devices ends with, and looking at what is
//! here.

use super::kind::{Kind, Refusal};
use super::{Advice, CoreError};

flow_error! {
    /// Why nothing came. What is here stays as it was.
    pub enum SyncError {
        /// The service was not reached, or did not answer in time: try again with a connection.
        Unreachable,
        /// The service is busy: try again later, with growing waits.
        Busy,
        /// Nothing is enrolled here yet: show the way to an enrolment.
        NotEnrolled,
        /// The account is frozen: a counter lifts it. No code is accepted until then.
        Frozen,
        /// This device was ended: only enrolling anew helps.
        DeviceEnded,
        /// What was asked for is not there, or not any more: look at the list again.
        NotFound,
        /// The service said no, with the word in the detail.
        Refused,
        /// What answered does not speak as the city's issuer does, or what it sent is not signed by the city:
        /// stop, and do not try again by yourself.
        Untrusted,
        /// The phone's key store did not do its work: try again once the phone is unlocked.
        DeviceKey,
        /// The phone's storage or the vault in it failed: the code says how, such as `VAULT_DISK_FULL`.
        Storage,
        /// The wallet was wiped: close this object. What comes next is another enrolment.
        Closed,
        /// A mistake of ours: report the detail.
        Internal,
    }
}

impl From<CoreError> for SyncError {
    fn from(error: CoreError) -> Self {
        let advice = Advice::of(&error);
        match Kind::of(&error) {
            Kind::Unreachable => Self::Unreachable { advice },
            Kind::Refused(Refusal::Busy) => Self::Busy { advice },
            Kind::Refused(Refusal::NotFound) => Self::NotFound { advice },
            Kind::Refused(
                Refusal::Other
                | Refusal::InvalidGrant
                | Refusal::QuestionOver
                | Refusal::TierTooLow
                | Refusal::VenueAway,
            ) => Self::Refused { advice },
            Kind::NotEnrolled => Self::NotEnrolled { advice },
            Kind::Frozen => Self::Frozen { advice },
            Kind::DeviceEnded => Self::DeviceEnded { advice },
            Kind::ForeignIssuer | Kind::Untrusted => Self::Untrusted { advice },
            Kind::Key(_) => Self::DeviceKey { advice },
            Kind::Storage(_) => Self::Storage { advice },
            Kind::Closed | Kind::WipedAfterLastTry => Self::Closed { advice },
            // Asking reads no offer and draws no code.
            Kind::OfferUnreadable
            | Kind::NoPass
            | Kind::VenueCode(_)
            | Kind::Locked
            | Kind::CannotDraw
            | Kind::Internal => Self::Internal { advice },
        }
    }
}
