//! What a venue's code asks of a holder, and the holder's confirmation.

use sha2::{Digest, Sha256};
use szid_protocol::code::Challenge;
use szid_protocol::scene::{ConsentRule, ScenePolicy};
use szid_protocol::venue::{NONCE_BYTES, VenueCode};
use szid_register::register_key::RegisterKey;
use szid_register::{PersonId, Session};

use super::inbox::Desk;
use super::{VisitFault, Visits};
use crate::access::{Payer, VenueDevice};
use crate::failure::Failure;
use crate::publication::SignedScenes;
use crate::scans::{Scan, ScanAnswer, ScanFault, Scans, read_receipt, scene_of};
use crate::verification::{answered, has_tier, verify_own};

/// A confirmation is taken for one to two of these, seconds.
const WINDOW: u64 = 120;

/// Who asks, and what for.
pub(crate) struct VenueAsks {
    pub(crate) caller: VenueDevice,
    pub(crate) scene: u16,
    pub(crate) scene_zh: String,
    pub(crate) scene_en: String,
    /// The names of the claims that the venue receives of this holder.
    pub(crate) claims: Vec<String>,
    /// The least authentication tier of the confirmation.
    pub(crate) tier: u8,
    pub(crate) retention_days: u32,
    /// What the confirming code answers.
    pub(crate) nonce: [u8; NONCE_BYTES],
    /// Whether somebody looks at the desk's screen now.
    pub(crate) followed: bool,
}

/// What a venue's code asks for. Nothing is recorded, and the venue learns nothing.
pub(crate) async fn read(
    visits: &Visits,
    person: PersonId,
    venue_code: &str,
) -> Result<VenueAsks, VisitFault> {
    let scans = &*visits.scans;
    let now = scans.common.clock.now();
    let scenes = scans.publication.scenes.current();
    let place = Place::read(scans, &scenes, venue_code, now).await?;
    let policy = place.policy;
    let (scene_zh, scene_en) = scenes.names(policy.id);
    let claims = place.scan(scans, now).claims_of(person).await?;
    Ok(VenueAsks {
        scene: policy.id,
        scene_zh,
        scene_en,
        claims,
        tier: tier(policy),
        retention_days: policy.retention_days,
        nonce: nonce(&scans.common.register_key, person, venue_code, now / WINDOW),
        followed: visits.desk.is_followed(&place.desk(), now),
        caller: place.caller,
    })
}

/// Confirms: the code is judged as any scan at that desk is, and the desk's screen shows the verdict.
pub(crate) async fn confirm(
    visits: &Visits,
    holder: Session,
    venue_code: &str,
    code: String,
) -> Result<ScanAnswer, VisitFault> {
    let Session { person, device } = holder;
    visits.scans.access.pay(Payer::Device(device), 1)?;
    let scans = &*visits.scans;
    let now = scans.common.clock.now();
    let scenes = scans.publication.scenes.current();
    let place = Place::read(scans, &scenes, venue_code, now).await?;
    let desk = place.desk();
    if !visits.desk.is_followed(&desk, now) {
        return Err(VisitFault::Away);
    }
    let challenge = confirmation(scans, person, &place, venue_code, &code, now).await?;
    let answer = place.scan(scans, now).confirm(code, challenge).await?;
    let shown = serde_json::to_value(&answer)
        .map_err(|_| Failure::internal("a verdict has no JSON form"))?;
    let receipt = read_receipt(&answer.receipt)
        .ok_or_else(|| Failure::internal("a receipt of our own cannot be read"))?;
    visits.desk.send(&desk, receipt, shown, now);
    Ok(answer)
}

/// The desk that a venue code is of, with what its scene asks for.
struct Place<'a> {
    caller: VenueDevice,
    policy: &'a ScenePolicy,
}

impl<'a> Place<'a> {
    async fn read(
        scans: &Scans,
        scenes: &'a SignedScenes,
        venue_code: &str,
        now: u64,
    ) -> Result<Self, VisitFault> {
        let trust = scans
            .publication
            .trust
            .current()
            .map_err(|_| Failure::internal("there is no trust list"))?;
        let code = VenueCode::verify(venue_code, &trust, now).map_err(|_| VisitFault::VenueCode)?;
        let venue = scans.common.store.venue(&code.venue).await?.ok_or(VisitFault::VenueCode)?;
        let caller = VenueDevice::find(&scans.common, venue, code.device, None).await?;
        let scene = scene_of(&caller.venue, Some(code.scene))?;
        let policy = scenes.policies.scene(scene).map_err(|_| ScanFault::SceneDenied)?;
        // Operator and case are the clerk's to name.
        if policy.case {
            return Err(VisitFault::ClerkNeeded);
        }
        Ok(Self { caller, policy })
    }

    fn scan<'p>(&'p self, scans: &'p Scans, now: u64) -> Scan<'p> {
        Scan { scans, caller: &self.caller, policy: self.policy, now }
    }

    fn desk(&self) -> Desk {
        (self.caller.venue.id.clone(), self.caller.device.clone())
    }
}

/// The least tier of a confirmation.
fn tier(policy: &ScenePolicy) -> u8 {
    if policy.consent == ConsentRule::Ask { policy.consent_tier } else { 1 }
}

/// What a confirmation answers: for one person, one venue code and a short time.
fn nonce(key: &RegisterKey, person: PersonId, venue_code: &str, window: u64) -> [u8; NONCE_BYTES] {
    let asked = Sha256::digest(venue_code);
    let content = [b"visit\0".as_slice(), &window.to_be_bytes(), &person.0, &asked];
    key.derive_challenge(&content.concat())
}

/// The challenge that the holder's own code answers, drawn with the tier that the scene asks for.
async fn confirmation(
    scans: &Scans,
    person: PersonId,
    place: &Place<'_>,
    venue_code: &str,
    code: &str,
    now: u64,
) -> Result<Challenge, VisitFault> {
    let newest = now / WINDOW;
    let nonces = [newest.saturating_sub(1), newest];
    let nonces =
        nonces.into_iter().map(|at| nonce(&scans.common.register_key, person, venue_code, at));
    let challenge =
        answered(code, &place.caller.venue.id, nonces).ok_or(VisitFault::CodeRefused)?;
    let policy = place.policy;
    let verdict = verify_own(&scans.verification, person, code, policy, Some(&challenge)).await?;
    match verdict {
        Some(verdict) if has_tier(&verdict, tier(policy)) => Ok(challenge),
        _ => Err(VisitFault::CodeRefused),
    }
}
