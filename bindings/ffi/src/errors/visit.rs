//! What confirming a visit ends with.

use super::kind::{Kind, Refusal};
use super::{Advice, CoreError};

flow_error! {
    /// Why a visit was not confirmed. The venue received nothing.
    pub enum VisitError {
        /// The unlocking is over, its tier is lower than what is asked, or the holder took too long: have
        /// them unlock, ask the venue anew and confirm.
        UnlockNeeded,
        /// Nobody looks at the desk's screen: have staff open its page, then confirm again.
        VenueAway,
        /// There is no pass for today: `refresh` first.
        NoPass,
        /// The device key did not sign: `WALLET_KEY`'s detail says why.
        DeviceKey,
        /// The service was not reached, or did not answer in time: try again with a connection.
        Unreachable,
        /// The service is busy: try again later, with growing waits.
        Busy,
        /// The account is frozen: a counter lifts it. No code is accepted until then.
        Frozen,
        /// This device was ended: only enrolling anew helps.
        DeviceEnded,
        /// The service said no, or its answer cannot be used: the detail has the word.
        Refused,
        /// The phone's storage or the vault in it failed: the code says how, such as `VAULT_DISK_FULL`.
        Storage,
        /// The wallet was wiped, or nothing was enrolled in it.
        Closed,
        /// A mistake of ours: report the detail.
        Internal,
    }
}

impl From<CoreError> for VisitError {
    fn from(error: CoreError) -> Self {
        let advice = Advice::of(&error);
        match Kind::of(&error) {
            Kind::Locked | Kind::Refused(Refusal::TierTooLow) => Self::UnlockNeeded { advice },
            Kind::Refused(Refusal::VenueAway) => Self::VenueAway { advice },
            Kind::NoPass => Self::NoPass { advice },
            Kind::Key(_) => Self::DeviceKey { advice },
            Kind::Unreachable => Self::Unreachable { advice },
            Kind::Refused(Refusal::Busy) => Self::Busy { advice },
            Kind::Frozen => Self::Frozen { advice },
            Kind::DeviceEnded => Self::DeviceEnded { advice },
            Kind::Refused(
                Refusal::Other | Refusal::InvalidGrant | Refusal::QuestionOver | Refusal::NotFound,
            )
            | Kind::Untrusted
            | Kind::ForeignIssuer => Self::Refused { advice },
            Kind::Storage(_) => Self::Storage { advice },
            Kind::Closed | Kind::WipedAfterLastTry | Kind::NotEnrolled => Self::Closed { advice },
            // The code was read before, and its challenge fits into a code.
            Kind::OfferUnreadable | Kind::VenueCode(_) | Kind::CannotDraw | Kind::Internal => {
                Self::Internal { advice }
            }
        }
    }
}
