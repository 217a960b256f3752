//! What setting up unlocking ends with: the PIN, and the finger or face.

use super::kind::Kind;
use super::{Advice, CoreError};

/// Why the PIN, or unlocking by finger or face, is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[error("{advice}")]
pub enum UnlockSetupError {
    /// Not six digits. No try was counted.
    PinForm {
        /// Code and texts.
        advice: Advice,
    },
    /// The new PIN is too easy to guess. No try was counted.
    PinWeak {
        /// Code and texts.
        advice: Advice,
        /// What makes it weak, in Chinese.
        why_zh: String,
        /// What makes it weak, in English.
        why_en: String,
    },
    /// The PIN is wrong. The next try is possible after the wait.
    PinWrong {
        /// Code and texts.
        advice: Advice,
        /// Tries that are left.
        tries_left: u32,
        /// Seconds until the next one.
        wait_seconds: u64,
    },
    /// It is too early for the next try. None was counted.
    PinWait {
        /// Code and texts.
        advice: Advice,
        /// Tries that are left.
        tries_left: u32,
        /// Seconds until the next one.
        wait_seconds: u64,
    },
    /// All tries are used up: only enrolling anew makes the PIN free again. Screen lock and finger go on.
    PinLocked {
        /// Code and texts.
        advice: Advice,
    },
    /// There is no PIN yet: `set_pin`.
    PinMissing {
        /// Code and texts.
        advice: Advice,
    },
    /// There is a PIN already: `change_pin`, or `reset_pin` for a forgotten one.
    PinSet {
        /// Code and texts.
        advice: Advice,
    },
    /// The holder has to unlock first, by screen lock, finger or face, or again where that unlocking is over.
    ProofNeeded {
        /// Code and texts.
        advice: Advice,
    },
    /// Not now: another change is going on, memory is short, or the phone's key store did not do its work.
    TryAgain {
        /// Code and texts.
        advice: Advice,
    },
    /// The phone's storage or the vault in it failed: the code says how, such as `VAULT_DISK_FULL`.
    Storage {
        /// Code and texts.
        advice: Advice,
    },
    /// The wallet was wiped, by this call too after the last try of the PIN where the city's policy says so.
    /// Close this object; what comes next is another enrolment.
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
impl UnlockSetupError {
    /// Code and texts, whatever the case.
    pub fn advice(&self) -> Advice {
        match self {
            Self::PinForm { advice }
            | Self::PinWeak { advice, .. }
            | Self::PinWrong { advice, .. }
            | Self::PinWait { advice, .. }
            | Self::PinLocked { advice }
            | Self::PinMissing { advice }
            | Self::PinSet { advice }
            | Self::ProofNeeded { advice }
            | Self::TryAgain { advice }
            | Self::Storage { advice }
            | Self::Closed { advice }
            | Self::Internal { advice } => advice.clone(),
        }
    }
}

impl From<szid_wallet::UnlockError> for UnlockSetupError {
    fn from(error: szid_wallet::UnlockError) -> Self {
        use szid_wallet::UnlockError as Core;
        let advice = Advice::of_unlocking(&error);
        match error {
            Core::PinForm => Self::PinForm { advice },
            Core::PinWeak(why) => {
                let why = why.text();
                Self::PinWeak { advice, why_zh: why.zh.to_owned(), why_en: why.en.to_owned() }
            }
            Core::PinWrong { tries_left, wait } => {
                Self::PinWrong { advice, tries_left, wait_seconds: wait }
            }
            Core::PinWait { tries_left, wait } => {
                Self::PinWait { advice, tries_left, wait_seconds: wait }
            }
            Core::PinLocked => Self::PinLocked { advice },
            Core::PinMissing => Self::PinMissing { advice },
            Core::PinSet => Self::PinSet { advice },
            Core::ProofNeeded => Self::ProofNeeded { advice },
            Core::Unavailable | Core::NotAllowed | Core::NotSetUp => Self::TryAgain { advice },
            Core::Wallet(error) => error.into(),
            // The core may get more of them; the table's test fails for one that it does not know.
            _ => Self::Internal { advice },
        }
    }
}

impl From<CoreError> for UnlockSetupError {
    fn from(error: CoreError) -> Self {
        let advice = Advice::of(&error);
        match Kind::of(&error) {
            Kind::Key(_) => Self::TryAgain { advice },
            Kind::Locked => Self::ProofNeeded { advice },
            Kind::Storage(_) => Self::Storage { advice },
            Kind::Closed | Kind::WipedAfterLastTry => Self::Closed { advice },
            // Setting up asks no service and draws no code.
            Kind::Unreachable
            | Kind::Refused(_)
            | Kind::Untrusted
            | Kind::OfferUnreadable
            | Kind::ForeignIssuer
            | Kind::NotEnrolled
            | Kind::Frozen
            | Kind::DeviceEnded
            | Kind::NoPass
            | Kind::VenueCode(_)
            | Kind::CannotDraw
            | Kind::Internal => Self::Internal { advice },
        }
    }
}
