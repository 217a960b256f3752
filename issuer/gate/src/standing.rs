//! Where this gate's count of receipts stands, here and at the service: one of both may have been put back
//! from a copy.

use sha2::{Digest, Sha256};

use szid_verifier::{CacheStore, VerifierError};

use crate::client::{Fault, ServiceClient, Standing};
use crate::conditions::Condition;
use crate::gate::{Gate, GateError};
use crate::others;

/// How the two counts compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Agree,
    /// The service has receipts that were not made by what is in this folder; one in the place of this
    /// number's, or all beyond.
    OthersCameFirst {
        conflicting: Option<u64>,
    },
    /// The service lacks receipts that it had.
    ServiceWentBack,
}

/// What a gate holds that the service refuses; at most one of them.
const REFUSALS: [Condition; 3] =
    [Condition::VenueSuspended, Condition::CredentialWithdrawn, Condition::CredentialRefused];

/// The service's own words that this gate must not scan. They are kept: a start without a connection does not
/// take them back.
const CLOSED: [Condition; 2] = [Condition::VenueSuspended, Condition::CredentialWithdrawn];
const KEPT: &str = "refused";

/// Takes up what the service said before this start.
///
/// # Errors
/// [`VerifierError::Read`].
pub(crate) fn recall(gate: &Gate) -> Result<(), VerifierError> {
    if let Some(kept) = gate.kept.load(KEPT)? {
        let known = CLOSED.into_iter().find(|word| word.code().as_bytes() == kept);
        // A torn record still says that nobody passes.
        gate.conditions.set(known.unwrap_or(Condition::VenueSuspended), true);
    }
    Ok(())
}

/// Called with each answer of the service, so that what a full disk did not take is kept once there is room.
fn keep(gate: &Gate, closed: Option<Condition>) {
    let word = closed.map(|condition| condition.code().as_bytes());
    if matches!(gate.kept.load(KEPT), Ok(known) if known.as_deref() == word) {
        return;
    }
    let kept = match word {
        Some(word) => gate.kept.save(KEPT, word),
        None => gate.kept.remove(KEPT),
    };
    if let Err(error) = kept {
        tracing::error!(%error, "whether this gate may scan cannot be kept for its next start");
    }
}

/// Asks the service where the count stands, and brings this gate's in line. False where nothing should be
/// uploaded now.
pub(crate) async fn ask(gate: &Gate, client: &ServiceClient) -> bool {
    let standing = match client.standing().await {
        Ok(Some(standing)) => standing,
        // A service of an earlier version does not say.
        Ok(None) => return true,
        Err(fault) => {
            note_refusal(gate, fault);
            return false;
        }
    };
    gate.conditions.set(Condition::CredentialRefused, false);
    others::hear(gate, standing.conflict_at, false);
    let registered = gate.key_id().is_some_and(|own| standing.key == own);
    gate.conditions.set_about(Condition::KeyNotRegistered, !registered, standing.device.as_deref());
    // An answer to the credential of another device opens nothing.
    if registered {
        keep(gate, None);
        CLOSED.into_iter().for_each(|closed| gate.conditions.set(closed, false));
    }
    // Only of a key that is its own: with another device's credential it is that which is wrong.
    let differs = registered.then(|| other_name(gate, standing.device.as_deref())).flatten();
    gate.conditions.set_about(Condition::DeviceDiffers, differs.is_some(), differs.as_deref());
    let is_own = registered && differs.is_none();
    let foreign = is_own.then(|| foreign_scene(gate, standing.scenes.as_deref())).flatten();
    gate.conditions.set_about(Condition::SceneNotRegistered, foreign.is_some(), foreign.as_deref());
    // Receipts under a wrong name or of a wrong scene would all be set aside.
    is_own && foreign.is_none() && reconcile(gate, &standing).is_ok()
}

/// This gate's scene and those that its venue is registered for, where it is none of them.
fn foreign_scene(gate: &Gate, registered: Option<&[u16]>) -> Option<String> {
    let place = gate.place();
    let registered = registered.filter(|registered| !registered.contains(&place.scene))?;
    let own: Vec<_> = registered.iter().map(u16::to_string).collect();
    Some(format!("gate.toml: {}, {}: {}", place.scene, place.venue, own.join(" ")))
}

/// This gate's name and the registered one, where they differ.
fn other_name(gate: &Gate, registered: Option<&str>) -> Option<String> {
    let place = gate.place();
    let own = format!("{}/{}", place.venue, place.device);
    let registered = registered.filter(|registered| *registered != own)?;
    Some(format!("gate.toml: {own}, credential: {registered}"))
}

/// Says that receipts wait, and why. A service that cannot be reached takes nothing back of what it said
/// before.
pub(crate) fn note_refusal(gate: &Gate, fault: Fault) {
    tracing::warn!(%fault, waiting = gate.queue.waiting(), "receipts wait for the service");
    let device = match &fault {
        Fault::NoKey(device) => device.clone(),
        _ => None,
    };
    let holds = match fault {
        Fault::Suspended => Condition::VenueSuspended,
        Fault::Withdrawn => Condition::CredentialWithdrawn,
        Fault::NoKey(_) => Condition::KeyNotRegistered,
        // Whoever stands between may answer this, too: what the service itself said stays.
        Fault::Refused(401 | 403) if !gate.is_withdrawn() => Condition::CredentialRefused,
        Fault::Refused(_) | Fault::Unreachable(_) | Fault::Unexpected => return,
    };
    // First: nobody passes in between.
    gate.conditions.set_about(holds, true, device.as_deref());
    // That a device has no key says nothing of whether this gate may scan: the credential may be another
    // device's.
    if holds == Condition::KeyNotRegistered {
        return gate.conditions.set(Condition::CredentialRefused, false);
    }
    for other in REFUSALS.into_iter().filter(|refusal| *refusal != holds) {
        gate.conditions.set(other, false);
    }
    keep(gate, CLOSED.contains(&holds).then_some(holds));
}

fn reconcile(gate: &Gate, standing: &Standing) -> Result<(), ()> {
    let told = |error: GateError| tracing::error!(%error, "the count of receipts cannot be kept");
    let (last, digest) = match &standing.before {
        Some((last, digest)) if goes_on(gate).map_err(told)? => (*last, digest),
        _ => (standing.last, &standing.digest),
    };
    match compare(gate, last, digest.as_deref()).map_err(told)? {
        Comparison::Agree => gate.others.note_in_line(),
        Comparison::OthersCameFirst { conflicting } => {
            others::came_first(gate, conflicting, last).map_err(told)?;
        }
        Comparison::ServiceWentBack => {
            gate.conditions.set(Condition::ServiceWentBack, true);
            gate.queue.set_back(last).map_err(|error| told(error.into()))?;
        }
    }
    Ok(())
}

/// Whether what was uploaded last was signed by a key before this one, which goes on where that was. A folder
/// of which nothing was uploaded begins a count of its own.
fn goes_on(gate: &Gate) -> Result<bool, GateError> {
    let (uploaded, _) = gate.queue.numbers();
    let newest = gate.queue.find(uploaded)?;
    Ok(uploaded > 0 && !newest.is_some_and(|receipt| gate.has_signed(&receipt)))
}

fn compare(gate: &Gate, last: u64, digest: Option<&[u8]>) -> Result<Comparison, GateError> {
    let (uploaded, next) = gate.queue.numbers();
    if last >= next {
        return Ok(Comparison::OthersCameFirst { conflicting: None });
    }
    if let (Some(digest), Some(own)) = (digest, gate.queue.find(last)?)
        && Sha256::digest(&own)[..] != *digest
    {
        return Ok(Comparison::OthersCameFirst { conflicting: Some(last) });
    }
    Ok(if last < uploaded { Comparison::ServiceWentBack } else { Comparison::Agree })
}
