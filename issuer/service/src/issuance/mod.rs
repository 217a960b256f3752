//! Issuance (OpenID4VCI 1.0 with the pre-authorised code grant): offers, tokens, and a strip of day passes
//! for keys that were proven.

mod drafts;
mod fault;
mod held_passes;
mod jose;
mod key_attestation;
pub(crate) mod nonces;
mod offers;
mod parts;
mod passes;
mod possession;
mod proof;
#[cfg(test)]
mod testing;
mod tokens;
mod x5c;

use std::sync::Arc;

pub(crate) use drafts::{Draft, OfferMade, OfferSecrets};
pub(crate) use fault::{IssuanceFault, OfferFault};
pub(crate) use held_passes::read_passes;
pub(crate) use offers::open_offer;
use parts::Part;
pub(crate) use passes::{PassesWanted, issue};
pub(crate) use possession::proven_keys;
pub(crate) use proof::ProofFault;
use szid_protocol::crypto::Signer;
use szid_protocol::key::KeyId;
pub(crate) use tokens::{OfferTaken, Renewal, redeem, renew};

use crate::access::Access;
use crate::accounts::Accounts;
use crate::attesters::Attester;
use crate::levels::Levels;
use crate::shared::Common;

/// What tokens and passes are given out with. Shared: proofs and signatures are made on other threads.
pub(crate) struct Issuance {
    pub(crate) common: Arc<Common>,
    pub(crate) access: Arc<Access>,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) levels: Arc<Levels>,
    pub(crate) attesters: Vec<Attester>,
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) pass_kid: KeyId,
    pub(crate) nonces: nonces::Nonces,
}

/// How many days ahead passes are issued, today not counted.
const DAYS_AHEAD: u64 = 14;
/// The most passes in one request: one for each of these days.
pub(crate) const BATCH: usize = DAYS_AHEAD as usize + 1;

/// Names the part of a JWT that does not fit.
fn check(fits: bool, part: Part) -> Result<(), Part> {
    if fits { Ok(()) } else { Err(part) }
}

/// Proofs and signatures are milliseconds of arithmetic: off the threads that answer others.
async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, IssuanceFault> {
    tokio::task::spawn_blocking(work).await.map_err(|_| IssuanceFault::Unfinished)
}
