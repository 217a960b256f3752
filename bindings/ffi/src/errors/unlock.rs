//! What unlocking ends with.

use super::kind::{KeyFault, Kind};
use super::{Advice, CoreError};

flow_error! {
    /// Why the holder is not unlocked.
    pub enum UnlockError {
        /// Not six digits. No try was counted.
        PinForm,
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
        /// This way is not set up: no PIN, no finger, no screen lock, or an app that brings no prompt.
        NotSetUp,
        /// The holder said no, or was not recognised.
        NotAllowed,
        /// Not now: another unlocking is going on, memory is short, the phone is busy, or the signature is
        /// another key's or came too late.
        TryAgain,
        /// The wallet was locked meanwhile, or the unlocking is over: begin anew.
        Locked,
        /// The phone has invalidated the key of the finger, as after a new finger: have the holder unlock in
        /// another way, and `enable_biometric` where they want it.
        KeyInvalidated,
        /// The phone's storage or the vault in it failed: the code says how, such as `VAULT_DISK_FULL`.
        Storage,
        /// The wallet was wiped, by this call too after the last try of the PIN where the city's policy says
        /// so. Close this object; what comes next is another enrolment.
        Closed,
        /// A mistake of ours: report the detail.
        Internal,
    }
}

impl From<szid_wallet::UnlockError> for UnlockError {
    fn from(error: szid_wallet::UnlockError) -> Self {
        use szid_wallet::UnlockError as Core;
        let advice = Advice::of_unlocking(&error);
        match error {
            Core::PinForm => Self::PinForm { advice },
            Core::PinWrong { tries_left, wait } => {
                Self::PinWrong { advice, tries_left, wait_seconds: wait }
            }
            Core::PinWait { tries_left, wait } => {
                Self::PinWait { advice, tries_left, wait_seconds: wait }
            }
            Core::PinLocked => Self::PinLocked { advice },
            Core::PinMissing | Core::NotSetUp => Self::NotSetUp { advice },
            Core::NotAllowed => Self::NotAllowed { advice },
            Core::Unavailable => Self::TryAgain { advice },
            // What only setting up ends with.
            Core::PinWeak(_) | Core::PinSet | Core::ProofNeeded => Self::Internal { advice },
            Core::Wallet(error) => error.into(),
            // The core may get more of them; the table's test fails for one that it does not know.
            _ => Self::Internal { advice },
        }
    }
}

impl From<CoreError> for UnlockError {
    fn from(error: CoreError) -> Self {
        let advice = Advice::of(&error);
        match Kind::of(&error) {
            Kind::Key(KeyFault::NotAllowed) => Self::NotAllowed { advice },
            Kind::Key(KeyFault::Unavailable | KeyFault::BadSignature) => Self::TryAgain { advice },
            Kind::Key(KeyFault::Gone) => Self::KeyInvalidated { advice },
            Kind::Locked => Self::Locked { advice },
            Kind::Storage(_) => Self::Storage { advice },
            Kind::Closed | Kind::WipedAfterLastTry => Self::Closed { advice },
            // Unlocking asks no service and draws no code.
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
