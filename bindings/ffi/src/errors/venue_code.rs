//! What reading a venue's code ends with, and asking what it asks for.

use super::kind::{CodeFault, Kind, Refusal};
use super::{Advice, CoreError};

flow_error! {
    /// Why it is not known what a venue asks for. The venue learnt nothing.
    pub enum VenueCodeError {
        /// The city did not sign this code: warn the holder.
        CodeForged,
        /// It is no venue's code, or its time is over: scan again.
        CodeUnusable,
        /// The trust list is missing or has run out, or the answer is about something else: `refresh`, then
        /// scan again.
        Untrusted,
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
        /// The service said no, as for a venue that may not ask this way; the detail has the word.
        Refused,
        /// The phone's storage or the vault in it failed: the code says how, such as `VAULT_DISK_FULL`.
        Storage,
        /// The wallet was wiped: close this object. What comes next is another enrolment.
        Closed,
        /// A mistake of ours: report the detail.
        Internal,
    }
}

impl From<CoreError> for VenueCodeError {
    fn from(error: CoreError) -> Self {
        let advice = Advice::of(&error);
        match Kind::of(&error) {
            Kind::VenueCode(CodeFault::Forged) => Self::CodeForged { advice },
            Kind::VenueCode(CodeFault::Unusable) => Self::CodeUnusable { advice },
            Kind::Untrusted | Kind::ForeignIssuer => Self::Untrusted { advice },
            Kind::Unreachable => Self::Unreachable { advice },
            Kind::Refused(Refusal::Busy) => Self::Busy { advice },
            Kind::NotEnrolled => Self::NotEnrolled { advice },
            Kind::Frozen => Self::Frozen { advice },
            Kind::DeviceEnded => Self::DeviceEnded { advice },
            Kind::Refused(_) => Self::Refused { advice },
            Kind::Storage(_) => Self::Storage { advice },
            Kind::Closed | Kind::WipedAfterLastTry => Self::Closed { advice },
            // Asking draws no code, and reads no offer.
            Kind::OfferUnreadable
            | Kind::NoPass
            | Kind::Key(_)
            | Kind::Locked
            | Kind::CannotDraw
            | Kind::Internal => Self::Internal { advice },
        }
    }
}
