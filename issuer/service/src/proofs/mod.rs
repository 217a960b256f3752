//! Proofs of identity by connectors: a holder raises the own level with a party that the city trusts.
//!
//! Evidence is kept once and whole, or not at all: a visit that is broken off, a service that ends in between
//! and a party that does not answer leave nothing behind.

mod attempts;
mod beginning;
mod connectors;
mod ending;
mod fault;
mod visits;

use std::sync::Arc;

pub(crate) use beginning::begin;
pub(crate) use connectors::Connectors;
pub(crate) use ending::finish;
pub(crate) use fault::ProofsFault;
use szid_identity::connectors::ProofFault;
use szid_register::PersonId;
pub(crate) use visits::{PROOF_ID_BYTES, ProofId};

use crate::levels::Levels;
use crate::shared::Common;
use attempts::Attempts;
use visits::{Progress, Visits};

/// What proofs are begun and ended with.
pub(crate) struct Proofs {
    common: Arc<Common>,
    levels: Arc<Levels>,
    connectors: Connectors,
    visits: Visits,
    attempts: Attempts,
}

impl Proofs {
    pub(crate) fn new(common: Arc<Common>, levels: Arc<Levels>, connectors: Connectors) -> Self {
        let (visits, attempts) = (Visits::new(), Attempts::new());
        Self { common, levels, connectors, visits, attempts }
    }
}

/// How a proof stands, to its holder.
pub(crate) struct ProofShown {
    pub(crate) id: ProofId,
    pub(crate) connector: String,
    pub(crate) state: Standing,
}

/// How a proof stands.
pub(crate) enum Standing {
    /// The person is, or may be, at the party's page.
    Waits {
        url: String,
        seconds: u64,
    },
    /// The person is back, and the party is asked.
    Ends,
    Ended(Ending),
}

/// What a proof comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proven {
    /// The identity level from then on.
    Level(u8),
    /// The party does not prove the person.
    Not(ProofFault),
}

/// What a proof comes to, or why the service does not carry it to its end.
pub(crate) type Ending = Result<Proven, ProofsFault>;

/// How a holder's proof stands, while it is remembered.
pub(crate) fn look(proofs: &Proofs, person: PersonId, id: &ProofId) -> Option<ProofShown> {
    let now = proofs.common.clock.read().monotonic;
    proofs.visits.look(person, id, now)
}
