//! How a proof ends for which somebody went to a party's page.

use data_encoding::BASE64URL_NOPAD;
use szid_identity::connectors::{Asked, ProofFault, Returned};
use szid_register::NewEvidence;

use super::visits::CameBack;
use super::{Ending, ProofId, Proofs, ProofsFault, Proven};
use crate::access::check_active;
use crate::persons::open_identity;

/// Ends the proof for which somebody comes back. Whoever carries it on must
/// not stop in between: the party's code is used up.
pub(crate) async fn finish(proofs: &Proofs, id: &ProofId, returned: &Returned) -> Ending {
    let clock = &proofs.common.clock;
    let back = proofs.visits.take_back(id, clock.read().monotonic).ok_or(ProofsFault::Over)?;
    let ended = end(proofs, id, &back, returned).await;
    proofs.visits.tell(id, &back, ended.clone(), clock.read().monotonic);
    ended
}

async fn end(proofs: &Proofs, id: &ProofId, back: &CameBack, returned: &Returned) -> Ending {
    let Proofs { common, connectors, .. } = proofs;
    let CameBack { person, connector, kept, proven_of, .. } = back;
    let by = connectors.get(connector).ok_or(ProofsFault::Connector)?;
    // Meanwhile the account may have been frozen, or become another's name.
    check_active(common, *person).await?;
    let holder = proofs.holder(*person).await?;
    let Some(cap) = proofs.cap(&holder, by) else {
        return proofs.note(*person, by, ProofFault::Document).await;
    };
    if returned.error.is_some() {
        return proofs.note(*person, by, ProofFault::GivenUp).await;
    }
    let identity = open_identity(&common.register_key, &holder)?;
    let state = BASE64URL_NOPAD.encode(id);
    let asked = Asked { identity: &identity, state: &state, now: common.clock.now() };
    match by.finish(asked, (kept, returned), holder.document_class, cap).await {
        Ok(evidence) => {
            let at = common.clock.now();
            let added = NewEvidence { person: *person, evidence, proven_of: *proven_of, at };
            proofs.keep(by, added).await?;
            Ok(Proven::Level(proofs.level(*person).await?))
        }
        Err(fault) => proofs.note(*person, by, fault).await,
    }
}
