//! What setting up unlocking ends with: the PIN, and the finger or face.

use super::kind::Kind;
use super::{Advice, CoreError};

flow_error! {
    /// Why the PIN, or unlocking by finger or face, is as it was.
    pub enum UnlockSetupError {
        /// Not six digits. No try was counted.
        PinForm,
        /// The new PIN is too easy to guess. No try was counted.
        PinWeak {
            /// What makes it weak, in Chinese.
            why_zh: String,
            /// What makes it weak, in English.
            why_en: String,
        },
        /// The PIN is wrong. The next try is possible after the wait.
        PinWrong {
            /// Tries that are left.
            tries_left: u32,
            /// Seconds until the next one.
            wait_seconds: u64,
        },
        /// It is too early for the next try. None was counted.
        PinWait {
            /// Tries that are left.
            tries_left: u32,
            /// Seconds until the next one.
            wait_seconds: u64,
        },
        /// All tries are used up: only enrolling anew makes the PIN free again. Screen lock and finger go on.
        PinLocked,
        /// There is no PIN yet: `set_pin`.
        PinMissing,
        /// There is a PIN already: `change_pin`, or `reset_pin` for a forgotten one.
        PinSet,
        /// The holder has to unlock first, by screen lock, finger or face, or again where that unlocking is
        /// over.
        ProofNeeded,
        /// Not now: another change is going on, memory is short, or the phone's key store did not do its
        /// work.
        TryAgain,
        /// The phone's storage or the vault in it failed: the code says how, such as `VAULT_DISK_FULL`.
        Storage,
        /// The wallet was wiped, by this call too after the last try of the PIN where the city's policy says
        /// so. Close this object; what comes next is another enrolment.
        Closed,
        /// A mistake of ours: report the detail.
        Internal,
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
