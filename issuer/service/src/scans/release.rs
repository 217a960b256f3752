//! What leaves the register with an accepted scan, and the citizen's consent to it.

use std::time::Duration;

use szid_identity::Identity;
use szid_identity::claims::{self, Claims};
use szid_protocol::reason::Reason;
use szid_protocol::scene::{ConsentRule, ScenePolicy};
use szid_protocol::verdict::{Decision, Verdict};
use szid_register::entropy::make_random;
use szid_register::{Consent, Person, PersonId};

use super::asking::Checked;
use super::{Scan, ScanFault};
use crate::access::{Admission, WaitsFor};
use crate::consents::{Answer, ConsentQuestion, Heard, Reply, Word};
use crate::failure::Failure;
use crate::health::Condition;

/// The number of the venue's own name for a person in the claims registry.
const PAIRWISE_ID: u16 = 1;

/// The longest that a scan waits for the citizen, seconds.
pub(crate) const MAX_CONSENT_SECONDS: u32 = 120;

/// What became of a question to the citizen.
pub(super) struct Asked {
    pub(super) consent: Consent,
    /// Whether the citizen reported the scan with the refusal.
    pub(super) reported: bool,
    /// The wallet that answered, and waits to hear that the scan is kept.
    pub(super) heard: Option<Heard>,
}

impl Scan<'_> {
    /// The claims that this venue may receive of this person, as far as it wants them.
    pub(super) async fn assemble(
        self,
        person: PersonId,
        only: Option<&[String]>,
    ) -> Result<Claims, ScanFault> {
        // Only the pairwise id can be had without opening the identity.
        if self.policy.claims.iter().all(|claim| *claim == PAIRWISE_ID) {
            return Ok(self.claims(person, &Identity::of_document("", "", ""), only));
        }
        let person =
            self.scans.common.store.person(person).await?.ok_or(ScanFault::PersonUnknown)?;
        self.assemble_of(&person, only)
    }

    /// The same of a person whose row is at hand.
    pub(super) fn assemble_of(
        self,
        person: &Person,
        only: Option<&[String]>,
    ) -> Result<Claims, ScanFault> {
        let plain = self.scans.common.register_key.open_identity(&person.sealed, person.id);
        let identity = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        let identity: Identity = identity.ok_or_else(|| {
            self.scans.common.health.set(Condition::IdentityUnreadable, true);
            Failure::internal("a sealed identity does not open")
        })?;
        Ok(self.claims(person.id, &identity, only))
    }

    fn claims(self, person: PersonId, identity: &Identity, only: Option<&[String]>) -> Claims {
        let Self { scans, caller, policy, now } = self;
        let key = &scans.common.register_key;
        let claims = claims::assemble(policy, &caller.venue, person, identity, key, now);
        match only {
            Some(only) => claims.narrowed(only),
            None => claims,
        }
    }

    /// Asks the citizen for claims. A refusal and silence end the scan with reasons of their own; a report
    /// with the refusal changes nothing of what the venue is told. Whoever answered waits to hear that the
    /// scan is kept.
    pub(super) async fn ask_citizen(
        self,
        admission: &Admission,
        checked: &Checked,
        person: PersonId,
        claims: &[String],
    ) -> Result<Asked, ScanFault> {
        let Self { scans, caller, policy, .. } = self;
        let seconds = policy.consent_seconds.min(MAX_CONSENT_SECONDS);
        let time = Duration::from_secs(seconds.into());
        let question = ConsentQuestion {
            venue: caller.venue.id.clone(),
            venue_name: caller.venue.name.clone(),
            site_name: caller.site_name(),
            scene: policy.id,
            claims: claims.to_vec(),
            matter: checked.matter.clone(),
            tier: policy.consent_tier,
            time,
        };
        let id = make_random::<16>(&*scans.common.entropy)?;
        // There is a place to wait before there is a question: none is put and taken back at once.
        let asking = async {
            let asked = scans.consents.desk.ask(id, person, question)?;
            Some(asked.answered().await)
        };
        match admission.wait(WaitsFor::Citizen, time, asking).await? {
            Some(Reply::Answered(Answer { word, heard })) => {
                let consent =
                    if word == Word::Approved { Consent::Approved } else { Consent::Denied };
                Ok(Asked { consent, reported: word == Word::Reported, heard: Some(heard) })
            }
            Some(Reply::Silence) => {
                Ok(Asked { consent: Consent::Expired, reported: false, heard: None })
            }
            Some(Reply::Closed) | None => Err(ScanFault::Busy),
        }
    }
}

/// The verdict that a consent leads to.
pub(super) fn after_consent(verdict: Verdict, consent: Consent) -> Verdict {
    match consent {
        Consent::NotAsked | Consent::Approved => verdict,
        Consent::Denied => verdict.overruled(Reason::ConsentDenied),
        Consent::Expired => verdict.overruled(Reason::ConsentExpired),
    }
}

/// True where an accepted code waits for the citizen's word.
pub(super) fn must_ask(verdict: &Verdict, policy: &ScenePolicy) -> bool {
    verdict.decision() == Decision::Accept && policy.consent == ConsentRule::Ask
}
