//! How the faults of issuance are told, in the words of OAuth 2 and OpenID4VCI.

use szid_register::GrantFault;

use crate::http::Problem;
use crate::http::oauth::{Freeze, OAuthError};
use crate::issuance::{IssuanceFault, ProofFault};

impl From<IssuanceFault> for OAuthError {
    fn from(fault: IssuanceFault) -> Self {
        let malformed = |description| Self::bad("invalid_request", description);
        let out_of_bounds = |description| Self::bad("invalid_credential_request", description);
        match fault {
            IssuanceFault::Wait(wait) => wait.into(),
            IssuanceFault::BatchSize => out_of_bounds(
                "proofs.jwt: there are none, or more than the batch_size of the metadata",
            ),
            IssuanceFault::VouchingTooMany => out_of_bounds("there are too many key proofs"),
            IssuanceFault::OutOfRange => {
                out_of_bounds("the days or the number of keys are out of range")
            }
            IssuanceFault::ProofsTooMany => malformed("there are too many proofs"),
            IssuanceFault::PassesUnreadable => malformed("the passes cannot be read"),
            IssuanceFault::NotActive => Self::NOT_ACTIVE,
            IssuanceFault::LevelLapsed => Self::LEVEL_LAPSED,
            IssuanceFault::DayWithoutLevel => Self::PASS_LEVEL,
            IssuanceFault::Proof(fault) => proof(fault),
            IssuanceFault::KeyTwice => {
                Self::bad("invalid_proof", "each proof needs a key of its own")
            }
            IssuanceFault::Offer(fault) => offer(fault),
            IssuanceFault::Renewal(fault) => grant(fault),
            IssuanceFault::Stopped(freeze) => {
                let told = |at, by| Freeze { at, by };
                let freeze = freeze.map(|event| told(event.at, event.by.word()));
                grant(GrantFault::Frozen).of_freeze(freeze)
            }
            IssuanceFault::ClockUnchecked => Self::CLOCK_UNCHECKED,
            IssuanceFault::NoncesFull | IssuanceFault::Unfinished => Self::UNAVAILABLE,
            IssuanceFault::Failed(failure) => failure.into(),
        }
    }
}

fn proof(fault: ProofFault) -> OAuthError {
    match fault {
        ProofFault::Proof(part) => OAuthError::bad("invalid_proof", part.of_proof()),
        ProofFault::Attestation(part) => OAuthError::bad("invalid_proof", part.of_attestation()),
        ProofFault::Nonce => OAuthError::bad(
            "invalid_nonce",
            "nonce: used, too old, not of this service, or another one in the attestation: get a new one",
        ),
    }
}

/// Whoever shows an offer's code is told which of the ends it came to.
fn offer(fault: GrantFault) -> OAuthError {
    let refused = grant(fault);
    match fault {
        GrantFault::Used => refused.with(Problem::OfferUsed),
        GrantFault::Locked => refused.with(Problem::OfferLocked),
        GrantFault::Expired => refused.with(Problem::OfferExpired),
        _ => refused,
    }
}

fn grant(fault: GrantFault) -> OAuthError {
    if fault == GrantFault::KeyProof {
        return OAuthError::bad(
            "use_key_proof",
            "the register was put back from a copy: send key_proofs by keys of this device's passes",
        );
    }
    if fault == GrantFault::Lost {
        return OAuthError::bad("invalid_grant", "the register was put back and lacks this device")
            .with(Problem::DeviceUnknown);
    }
    let description = match fault {
        GrantFault::KeyProof | GrantFault::Lost | GrantFault::Unknown => {
            "the code or token is unknown or was ended"
        }
        GrantFault::Used => "the offer was taken up already",
        GrantFault::Locked => "the transaction code was wrong too often: another offer is needed",
        GrantFault::Expired => "the code or token has expired",
        GrantFault::WrongTxCode => "the transaction code is wrong",
        GrantFault::TooManyDevices => {
            "there are as many devices as one person may have: end one of them first"
        }
        GrantFault::Reused => "an old refresh token came back: enrol again",
        GrantFault::Frozen | GrantFault::Stopped(_) => {
            "the account is frozen: a counter lifts the freeze and makes another offer"
        }
    };
    let refused = OAuthError::bad("invalid_grant", description);
    if matches!(fault, GrantFault::Frozen | GrantFault::Stopped(_)) {
        refused.with(Problem::AccountFrozen)
    } else {
        refused
    }
}
