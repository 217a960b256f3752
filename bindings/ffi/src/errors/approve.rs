//! What an answer that the holder signs ends with: approvals, refusals, short numbers.

use super::kind::{Kind, Refusal};
use super::{Advice, CoreError};

/// Why an answer was not given. Nothing was shared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[error("{advice}")]
pub enum ApproveError {
    /// The unlocking is over, or its tier is lower than what is asked: have the holder unlock, then answer
    /// again.
    UnlockNeeded {
        /// Code and texts.
        advice: Advice,
    },
    /// The question was answered, or has run out.
    Over {
        /// Code and texts.
        advice: Advice,
    },
    /// There is no pass for today: `refresh` first.
    NoPass {
        /// Code and texts.
        advice: Advice,
    },
    /// The device key did not sign: `WALLET_KEY`'s detail says why.
    DeviceKey {
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
    /// The service said no, or its answer cannot be used: the detail has the word.
    Refused {
        /// Code and texts.
        advice: Advice,
    },
    /// The phone's storage or the vault in it failed: the code says how, such as `VAULT_DISK_FULL`.
    Storage {
        /// Code and texts.
        advice: Advice,
    },
    /// The wallet was wiped, or nothing was enrolled in it.
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
impl ApproveError {
    /// Code and texts, whatever the case.
    pub fn advice(&self) -> Advice {
        match self {
            Self::UnlockNeeded { advice }
            | Self::Over { advice }
            | Self::NoPass { advice }
            | Self::DeviceKey { advice }
            | Self::Unreachable { advice }
            | Self::Busy { advice }
            | Self::Frozen { advice }
            | Self::DeviceEnded { advice }
            | Self::Refused { advice }
            | Self::Storage { advice }
            | Self::Closed { advice }
            | Self::Internal { advice } => advice.clone(),
        }
    }
}

impl From<CoreError> for ApproveError {
    fn from(error: CoreError) -> Self {
        let advice = Advice::of(&error);
        match Kind::of(&error) {
            Kind::Locked | Kind::Refused(Refusal::TierTooLow) => Self::UnlockNeeded { advice },
            Kind::Refused(Refusal::QuestionOver | Refusal::NotFound) => Self::Over { advice },
            Kind::NoPass => Self::NoPass { advice },
            Kind::Key(_) => Self::DeviceKey { advice },
            Kind::Unreachable => Self::Unreachable { advice },
            Kind::Refused(Refusal::Busy) => Self::Busy { advice },
            Kind::Frozen => Self::Frozen { advice },
            Kind::DeviceEnded => Self::DeviceEnded { advice },
            Kind::Refused(Refusal::Other | Refusal::InvalidGrant | Refusal::VenueAway)
            | Kind::Untrusted
            | Kind::ForeignIssuer => Self::Refused { advice },
            Kind::Storage(_) => Self::Storage { advice },
            Kind::Closed | Kind::WipedAfterLastTry | Kind::NotEnrolled => Self::Closed { advice },
            // An answer reads no offer and no venue's code, and its own challenge fits into a code.
            Kind::OfferUnreadable | Kind::VenueCode(_) | Kind::CannotDraw | Kind::Internal => {
                Self::Internal { advice }
            }
        }
    }
}
