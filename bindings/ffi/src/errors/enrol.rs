//! What taking up an offer ends with.

use super::kind::{Kind, Refusal};
use super::{Advice, CoreError};

flow_error! {
    /// Why an enrolment did not come to its end. Repeated with the same offer, it goes on where it stopped.
    pub enum EnrolError {
        /// The service was not reached, or did not answer in time: try again with a connection.
        Unreachable,
        /// The service is busy: try again later, with growing waits.
        Busy,
        /// What was scanned is no offer: scan again.
        OfferUnreadable,
        /// The offer was used up, or has run out: the counter makes another one.
        OfferOver {
            /// In which way.
            why: OfferEnd,
        },
        /// The transaction code is wrong, or the offer was used meanwhile: ask the holder for the code again;
        /// a few wrong ones cost the offer.
        CodeWrong,
        /// What answered does not speak as the city's issuer does, or what it sent is not signed by the city:
        /// stop, and do not try again by yourself.
        Untrusted,
        /// The issuer said no, with the word in the detail.
        Refused,
        /// The account is frozen: a counter lifts it. No code is accepted until then.
        Frozen,
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

impl From<CoreError> for EnrolError {
    fn from(error: CoreError) -> Self {
        let advice = Advice::of(&error);
        match Kind::of(&error) {
            Kind::Unreachable => Self::Unreachable { advice },
            Kind::Refused(Refusal::Busy) => Self::Busy { advice },
            Kind::Refused(Refusal::NotFound) | Kind::DeviceEnded => {
                Self::OfferOver { advice, why: OfferEnd::of(&error) }
            }
            Kind::Refused(Refusal::InvalidGrant) => Self::CodeWrong { advice },
            Kind::Refused(
                Refusal::Other | Refusal::QuestionOver | Refusal::TierTooLow | Refusal::VenueAway,
            ) => Self::Refused { advice },
            Kind::OfferUnreadable => Self::OfferUnreadable { advice },
            Kind::ForeignIssuer | Kind::Untrusted => Self::Untrusted { advice },
            Kind::Frozen => Self::Frozen { advice },
            Kind::Key(_) => Self::DeviceKey { advice },
            Kind::Storage(_) => Self::Storage { advice },
            Kind::Closed | Kind::WipedAfterLastTry => Self::Closed { advice },
            // Enrolling draws no code, and reads none.
            Kind::NotEnrolled
            | Kind::NoPass
            | Kind::VenueCode(_)
            | Kind::Locked
            | Kind::CannotDraw
            | Kind::Internal => Self::Internal { advice },
        }
    }
}

/// How an offer was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum OfferEnd {
    /// It was taken up already: where the holder did not do so, somebody else did.
    Used,
    /// It has run out.
    Expired,
    /// The transaction code was wrong too often.
    Locked,
    /// It was taken back, or was never there; or what it enrolled has ended since.
    Gone,
}

impl OfferEnd {
    fn of(error: &CoreError) -> Self {
        match error {
            CoreError::Refused(word) if word == "OFFER_USED" => Self::Used,
            CoreError::Refused(word) if word == "OFFER_EXPIRED" => Self::Expired,
            CoreError::Refused(word) if word == "OFFER_LOCKED" => Self::Locked,
            _ => Self::Gone,
        }
    }
}
