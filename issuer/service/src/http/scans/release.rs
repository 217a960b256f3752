//! What leaves the register with an accepted scan, and the citizen's consent to it.

use std::time::Duration;

use szid_protocol::reason::Reason;
use szid_protocol::scene::{ConsentRule, ScenePolicy};
use szid_protocol::verdict::{Decision, Verdict};

use super::asking::Checked;
use crate::claims::{self, Claims};
use crate::consents::ConsentQuestion;
use crate::entropy::make_random;
use crate::health::Condition;
use crate::http::Problem;
use crate::http::auth::VenueDevice;
use crate::identity::Identity;
use crate::service::Service;
use crate::store::{Consent, PersonId};

/// The longest that a scan waits for the citizen, seconds.
pub(super) const MAX_CONSENT_SECONDS: u32 = 120;

/// The claims that this venue may receive of this person, as far as it wants them.
pub(super) async fn assemble(
    service: &Service,
    caller: &VenueDevice,
    policy: &ScenePolicy,
    person: PersonId,
    only: Option<&[String]>,
    now: u64,
) -> Result<Claims, Problem> {
    // Only the pairwise id can be had without opening the identity.
    let identity = if policy.claims.iter().all(|claim| *claim == 1) {
        Identity::of_document("", "", "")
    } else {
        let row = service.store.person(person).await?.ok_or(Problem::NotFound)?;
        let plain = service.register_key.open(&row.sealed, &person.0);
        let identity = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        identity.ok_or_else(|| {
            service.health.set(Condition::IdentityUnreadable, true);
            Problem::internal("a sealed identity does not open")
        })?
    };
    let key = &service.register_key;
    let claims = claims::assemble(policy, &caller.venue, person, &identity, key, now);
    Ok(match only {
        Some(only) => claims.narrowed(only),
        None => claims,
    })
}

/// Asks the citizen where the scene says so. A refusal and silence end the scan with reasons of their own.
pub(super) async fn ask_citizen(
    service: &Service,
    caller: &VenueDevice,
    policy: &ScenePolicy,
    scan: &Checked,
    person: PersonId,
    claims: &Claims,
) -> Result<Consent, Problem> {
    let seconds = policy.consent_seconds.min(MAX_CONSENT_SECONDS);
    let question = ConsentQuestion {
        venue: caller.venue.id.clone(),
        venue_name: caller.venue.name.clone(),
        site_name: caller.site_name(),
        scene: policy.id,
        claims: claims.names(),
        matter: scan.matter.clone(),
        tier: policy.consent_tier,
        seconds,
    };
    let id = make_random::<16>(&*service.entropy)?;
    let asked = service.consents.ask(id, person, question).ok_or(Problem::Busy)?;
    Ok(match asked.answered(Duration::from_secs(seconds.into())).await {
        Some(true) => Consent::Approved,
        Some(false) => Consent::Denied,
        None => Consent::Expired,
    })
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
