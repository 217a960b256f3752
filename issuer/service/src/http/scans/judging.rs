//! From a checked request to a verdict: the code itself, then what only the register knows.

use szid_protocol::code::Challenge;
use szid_protocol::reason::Reason;
use szid_protocol::scene::ScenePolicy;
use szid_protocol::verdict::Verdict;
use szid_verifier::scanner::Scanner;

use super::asking::Checked;
use crate::access::VenueDevice;
use crate::http::{Problem, venue_codes};
use crate::publication::SignedScenes;
use crate::service::Service;
use crate::store::{Account, PassHolder};
use crate::verification::{find_holder, verify_online};

/// Everything that the code itself and the board of statuses can tell.
pub(super) fn judge(
    service: &Service,
    caller: &VenueDevice,
    scenes: &SignedScenes,
    scan: &Checked,
    now: u64,
) -> Verdict {
    let judged = judged(service, caller, scenes, scan, now);
    judged.unwrap_or_else(|reason| Verdict::refuse(reason, scan.scene))
}

fn judged(
    service: &Service,
    caller: &VenueDevice,
    scenes: &SignedScenes,
    scan: &Checked,
    now: u64,
) -> Result<Verdict, Reason> {
    let code = Scanner::default().read(&scan.code)?;
    let policy = scenes.policies.scene(scan.scene)?;
    let verify = |challenge: Option<&Challenge>| {
        verify_online(service, &code, policy, challenge, &scan.operator, now)
    };
    let verdict = verify(scan.challenge.as_ref())?;
    // The desk that sends no nonce shows the service's own.
    if scan.challenge.is_none() && verdict.reason() == Reason::ChallengeMismatch {
        let shown = venue_codes::shown(service, caller, scan.scene, &code, now);
        return shown.map_or(Ok(verdict), |challenge| verify(Some(&challenge)));
    }
    Ok(verdict)
}

/// What only the register knows: whose pass it is, and on which document that identity rests.
pub(super) async fn ask_register(
    service: &Service,
    verdict: Verdict,
    policy: &ScenePolicy,
) -> Result<(Verdict, Option<PassHolder>), Problem> {
    let Some(claimed) = verdict.holder() else { return Ok((verdict, None)) };
    let holder = find_holder(service, &claimed.pass).await?;
    let Some(known) = holder else { return Ok((verdict.without_holder(), None)) };
    let covers = |class| policy.classes.is_empty() || policy.classes.contains(&class);
    let verdict = match known.account {
        Account::Frozen => verdict.overruled(Reason::Frozen),
        Account::Revoked => verdict.overruled(Reason::Revoked),
        Account::Active if !covers(known.document_class) => verdict.overruled(Reason::ClassDenied),
        Account::Active => verdict,
    };
    Ok((verdict, holder))
}
