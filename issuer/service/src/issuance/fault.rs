//! Why tokens and passes are not given, or an offer is not shown.

use szid_register::{AccountEvent, GrantFault};

use super::nonces::NonceFault;
use super::proof::ProofFault;
use crate::access::Wait;
use crate::failure::Failure;

/// A fault of tokens or passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IssuanceFault {
    /// The device's proofs come too fast.
    Wait(Wait),
    /// There are no proofs, or more than a batch has.
    BatchSize,
    /// More keys vouch than one request may have.
    VouchingTooMany,
    /// A renewal has more proofs than it may.
    ProofsTooMany,
    /// The passes that a device names cannot be read.
    PassesUnreadable,
    /// The person is not there.
    NotActive,
    /// No proof of identity counts any more.
    LevelLapsed,
    /// On one of the days none counts any more.
    DayWithoutLevel,
    /// A proof, or the nonce in it, is not good.
    Proof(ProofFault),
    /// As many nonces as can be remembered were used lately.
    NoncesFull,
    /// Two proofs are by one key.
    KeyTwice,
    /// The days are not those that passes are issued for, or the keys are too many.
    OutOfRange,
    /// The offer is not taken up.
    Offer(GrantFault),
    /// The refresh token is not renewed.
    Renewal(GrantFault),
    /// A freeze stopped the device: the event of it.
    Stopped(Option<AccountEvent>),
    /// Something has run out by a clock that is in doubt.
    ClockUnchecked,
    /// The work came to no end; where a signer is why, the log has heard of it.
    Unfinished,
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for IssuanceFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}

impl From<Wait> for IssuanceFault {
    fn from(wait: Wait) -> Self {
        Self::Wait(wait)
    }
}

impl From<ProofFault> for IssuanceFault {
    fn from(fault: ProofFault) -> Self {
        Self::Proof(fault)
    }
}

impl From<NonceFault> for IssuanceFault {
    fn from(fault: NonceFault) -> Self {
        match fault {
            NonceFault::Used => Self::Proof(ProofFault::Nonce),
            NonceFault::Full => Self::NoncesFull,
        }
    }
}

/// A fault of an offer that is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OfferFault {
    /// There is none, or it is over.
    Grant(GrantFault),
    /// It has run out by a clock that is in doubt.
    ClockUnchecked,
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for OfferFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}
