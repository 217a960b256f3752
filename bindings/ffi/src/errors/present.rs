//! What drawing a code ends with.

use super::kind::{KeyFault, Kind};
use super::{Advice, CoreError};

/// Why there is no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[error("{advice}")]
pub enum PresentError {
    /// The unlocking is over, or another wallet's: have the holder unlock again, or take `app_opened`.
    Locked {
        /// Code and texts.
        advice: Advice,
    },
    /// Nothing is enrolled here yet: show the way to an enrolment.
    NotEnrolled {
        /// Code and texts.
        advice: Advice,
    },
    /// There is no pass for today: `refresh`, with a connection.
    NoPass {
        /// Code and texts.
        advice: Advice,
    },
    /// The device key is gone, or the phone has invalidated it: `refresh` fetches passes for new keys.
    KeyInvalidated {
        /// Code and texts.
        advice: Advice,
    },
    /// The phone is locked or its key store is busy: try again once it is unlocked.
    KeyUnavailable {
        /// Code and texts.
        advice: Advice,
    },
    /// The holder said no, or was not recognised: ask again when they want to.
    KeyNotAllowed {
        /// Code and texts.
        advice: Advice,
    },
    /// The signature is another key's or another message's, or came too late: begin anew.
    SignatureRefused {
        /// Code and texts.
        advice: Advice,
    },
    /// The pass cannot be read: `refresh`, and update the app where that does not help.
    Untrusted {
        /// Code and texts.
        advice: Advice,
    },
    /// What was asked does not fit into a code, such as an overlong challenge.
    CannotDraw {
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
impl PresentError {
    /// Code and texts, whatever the case.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Locked { advice }
            | Self::NotEnrolled { advice }
            | Self::NoPass { advice }
            | Self::KeyInvalidated { advice }
            | Self::KeyUnavailable { advice }
            | Self::KeyNotAllowed { advice }
            | Self::SignatureRefused { advice }
            | Self::Untrusted { advice }
            | Self::CannotDraw { advice }
            | Self::Storage { advice }
            | Self::Closed { advice }
            | Self::Internal { advice } => advice.clone(),
        }
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
