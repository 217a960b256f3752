//! Codes of citizens, verified with what the service knows.

use std::sync::Arc;

use subtle::ConstantTimeEq;
use szid_protocol::code::{Challenge, UnverifiedCode};
use szid_protocol::digits;
use szid_protocol::pass::PassClaims;
use szid_protocol::reason::Reason;
use szid_protocol::scene::ScenePolicy;
use szid_protocol::venue::NONCE_BYTES;
use szid_protocol::verdict::Verdict;
use szid_protocol::verify::{Evidence, NoReplayMemory, Question, verify};
use szid_register::{KeyDigest, PassHolder, PersonId, StoreError};
use szid_verifier::{AwsLcBackend, BoundedPassCache};

use crate::failure::Failure;
use crate::publication::Publication;
use crate::shared::Common;

/// An entry takes about 600 bytes.
const REMEMBERED_PASSES: usize = 50_000;

/// What codes are verified with: the trust list, the board of statuses, and the passes that were seen.
pub(crate) struct Verification {
    pub(crate) common: Arc<Common>,
    pub(crate) publication: Arc<Publication>,
    pub(crate) passes: BoundedPassCache,
}

impl Verification {
    pub(crate) fn new(common: Arc<Common>, publication: Arc<Publication>) -> Self {
        Self { common, publication, passes: BoundedPassCache::new(REMEMBERED_PASSES) }
    }
}

/// The total verification with what the service knows: its trust list, its board of statuses, the passes it
/// has seen.
pub(crate) fn verify_online(
    verification: &Verification,
    code: &str,
    scene: &ScenePolicy,
    challenge: Option<&Challenge>,
    operator: &str,
    now: u64,
) -> Result<Verdict, Reason> {
    let trust = verification.publication.trust.current()?;
    // A clock that is known to be behind would take old codes for new ones.
    let newest_signed_time = verification.common.clock_watch.earliest();
    let question =
        Question { code, now, newest_signed_time, scene, challenge, online: true, operator };
    let evidence = Evidence {
        backend: &AwsLcBackend,
        trust: &trust,
        status: &verification.publication.statuses.at(now),
        // The store remembers used codes, in the transaction that keeps the scan; a question is answered
        // once.
        replay: &NoReplayMemory,
        passes: &verification.passes,
    };
    Ok(verify(&question, &evidence))
}

/// Who holds a pass that was verified.
pub(crate) async fn find_holder(
    common: &Common,
    pass: &PassClaims,
) -> Result<Option<PassHolder>, StoreError> {
    let key = KeyDigest::of(&pass.device_key);
    common.store.pass_holder(pass.exp, pass.status_index, key).await
}

/// What becomes of a code of this person's own device; `None` for others' codes, and for what has not two
/// good signatures.
pub(crate) async fn verify_own(
    verification: &Verification,
    person: PersonId,
    code: &str,
    policy: &ScenePolicy,
    challenge: Option<&Challenge>,
) -> Result<Option<Verdict>, Failure> {
    let verdict =
        verify_online(verification, code, policy, challenge, "", verification.common.clock.now());
    let verdict = verdict.map_err(|_| Failure::internal("there is no trust list"))?;
    let Some(holder) = verdict.holder() else { return Ok(None) };
    let of_pass = find_holder(&verification.common, &holder.pass).await?;
    Ok(of_pass.is_some_and(|found| found.id == person).then_some(verdict))
}

/// True for a code that was drawn with this authentication tier or a higher one.
pub(crate) fn has_tier(verdict: &Verdict, tier: u8) -> bool {
    verdict.holder().is_some_and(|holder| holder.tier as u8 >= tier)
}

/// The challenge of an audience that a code says it answers, if its nonce is one of these.
pub(crate) fn answered(
    code: &str,
    audience: &str,
    mut nonces: impl Iterator<Item = [u8; NONCE_BYTES]>,
) -> Option<Challenge> {
    let bytes = digits::decode(code).ok()?;
    let (stated, nonce) = UnverifiedCode::parse(&bytes).ok()?.stated_challenge()?;
    let is_one = stated == audience && nonces.any(|shown| nonce.ct_eq(&shown).into());
    is_one.then(|| Challenge { audience: audience.to_owned(), nonce: nonce.to_vec() })
}
