//! How a proof begins.

use data_encoding::BASE64URL_NOPAD;
use szid_identity::connectors::{Asked, Guarded, GuardedStep, ProofFault, Visit};
use szid_register::audit::AuditEvent;
use szid_register::entropy::make_random;
use szid_register::{NewEvidence, Person, PersonId};

use super::visits::{VISIT_SECONDS, Visited};
use super::{Ending, Progress, ProofId, ProofShown, Proofs, ProofsFault, Proven, Standing};
use crate::access::check_active;
use crate::failure::Failure;
use crate::persons::open_identity;

/// Has a connector prove who a holder is: at once, or by a visit to the party's page.
pub(crate) async fn begin(
    proofs: &Proofs,
    person: PersonId,
    connector: &str,
) -> Result<ProofShown, ProofsFault> {
    let Proofs { common, connectors, attempts, .. } = proofs;
    let by = connectors.get(connector).ok_or(ProofsFault::Connector)?;
    check_active(common, person).await?;
    let holder = proofs.holder(person).await?;
    attempts.take(person).map_err(ProofsFault::Spent)?;
    let id: ProofId = make_random(&*common.entropy)?;
    let shown = |state| ProofShown { id, connector: connector.to_owned(), state };
    let Some(cap) = proofs.cap(&holder, by) else {
        let ended = proofs.note(person, by, ProofFault::Document).await?;
        return Ok(shown(Standing::Ended(Ok(ended))));
    };
    let state = BASE64URL_NOPAD.encode(&id);
    let identity = open_identity(&common.register_key, &holder)?;
    let asked = Asked { identity: &identity, state: &state, now: common.clock.now() };
    match by.begin(asked, holder.document_class, cap).await {
        Ok(GuardedStep::Proven(evidence)) => {
            let (proven_of, at) = (holder.sealed.digest(), common.clock.now());
            proofs.keep(by, NewEvidence { person, evidence, proven_of, at }).await?;
            let level = proofs.level(person).await?;
            Ok(shown(Standing::Ended(Ok(Proven::Level(level)))))
        }
        Ok(GuardedStep::Visit(Visit { url, kept })) => {
            let proven_of = holder.sealed.digest();
            let progress = Progress::Away { url: url.clone(), kept, proven_of };
            let visited = Visited { connector: connector.to_owned(), progress };
            let now = common.clock.read().monotonic;
            proofs.visits.send(id, person, visited, now).map_err(|_| ProofsFault::Busy)?;
            Ok(shown(Standing::Waits { url, seconds: VISIT_SECONDS }))
        }
        Err(fault) => {
            let ended = proofs.note(person, by, fault).await?;
            Ok(shown(Standing::Ended(Ok(ended))))
        }
    }
}

impl Proofs {
    pub(super) async fn holder(&self, person: PersonId) -> Result<Person, ProofsFault> {
        let lost = || Failure::internal("a holder who is not in the register");
        Ok(self.common.store.person(person).await?.ok_or_else(lost)?)
    }

    /// What the policy believes this connector at most, of documents like the holder's.
    pub(super) fn cap(&self, holder: &Person, by: &Guarded) -> Option<u8> {
        let way = self.levels.way(by.name(), by.method());
        let way = way.filter(|way| way.classes.contains(&holder.document_class));
        way.map(|way| way.cap)
    }

    /// The level that a person has now.
    pub(super) async fn level(&self, person: PersonId) -> Result<u8, ProofsFault> {
        let holder = self.holder(person).await?;
        Ok(self.levels.of(&holder, self.common.clock.now()).number())
    }

    /// Keeps what was proven.
    pub(super) async fn keep(&self, by: &Guarded, added: NewEvidence) -> Result<(), ProofsFault> {
        self.common.store.add_evidence(added).await??;
        self.common.metrics.proof(by.name(), "proven");
        Ok(())
    }

    /// Tells the audit and the operator of a proof that came to nothing.
    pub(super) async fn note(&self, person: PersonId, by: &Guarded, fault: ProofFault) -> Ending {
        if let ProofFault::Answer(what) = fault {
            tracing::warn!(connector = by.name(), what, "a party's answer is not to be believed");
        }
        self.common.metrics.proof(by.name(), fault.word());
        let event = AuditEvent::Proof {
            person: person.to_string(),
            connector: by.name().into(),
            method: by.method().into(),
            outcome: fault.word().into(),
            level: None,
        };
        self.common.store.audit(event, self.common.clock.now()).await?;
        Ok(Proven::Not(fault))
    }
}
