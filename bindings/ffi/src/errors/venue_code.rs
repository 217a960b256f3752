//! What reading a venue's code ends with, and asking what it asks for.

use super::kind::{CodeFault, Kind, Refusal};
use super::{Advice, CoreError};

/// Why it is not known what a venue asks for. The venue learnt nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[error("{advice}")]
pub enum VenueCodeError {
    /// The city did not sign this code: warn the holder.
    CodeForged {
        /// Code and texts.
        advice: Advice,
    },
    /// It is no venue's code, or its time is over: scan again.
    CodeUnusable {
        /// Code and texts.
        advice: Advice,
    },
    /// The trust list is missing or has run out, or the answer is about something else: `refresh`, then scan
    /// again.
    Untrusted {
        /// Code and texts.
        advice: Advice,
    },
    /// The service was not reached, or did not answer in time: try again with a connection.
    Unreachable {
        /// Code and texts.
        advice: Advice,
    },
    /// The service is busy: try again later, with growing waits.
    Busy {
        /// Code and texts.
        advice: Advice,
    },
    /// Nothing is enrolled here yet: show the way to an enrolment.
    NotEnrolled {
        /// Code and texts.
        advice: Advice,
    },
    /// The account is frozen: a counter lifts it. No code is accepted until then.
    Frozen {
        /// Code and texts.
        advice: Advice,
    },
    /// This device was ended: only enrolling anew helps.
    DeviceEnded {
        /// Code and texts.
        advice: Advice,
    },
    /// The service said no, as for a venue that may not ask this way; the detail has the word.
    Refused {
        /// Code and texts.
        advice: Advice,
    },
    /// The phone's storage or the vault in it failed: the code says how, such as `VAULT_DISK_FULL`.
    Storage {
        /// Code and texts.
        advice: Advice,
    },
    /// The wallet was wiped: close this object. What comes next is another enrolment.
    Closed {
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
impl VenueCodeError {
    /// Code and texts, whatever the case.
    pub fn advice(&self) -> Advice {
        match self {
            Self::CodeForged { advice }
            | Self::CodeUnusable { advice }
            | Self::Untrusted { advice }
            | Self::Unreachable { advice }
            | Self::Busy { advice }
            | Self::NotEnrolled { advice }
            | Self::Frozen { advice }
            | Self::DeviceEnded { advice }
            | Self::Refused { advice }
            | Self::Storage { advice }
            | Self::Closed { advice }
            | Self::Internal { advice } => advice.clone(),
        }
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
