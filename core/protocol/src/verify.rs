//! The one total verification: from scanned digits to a verdict, every step, in order, fail closed.
//!
//! Both signatures come before anything that may cost a look-up. There is no way to call half of it.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::code::{Challenge, CodeClaims, UnverifiedCode};
use crate::crypto::{SignatureBackend, VerifyingKey};
use crate::day::DAY;
use crate::digits;
use crate::key::PublicKey;
use crate::level::effective_level;
use crate::pass::{PassClaims, UnverifiedPass};
use crate::reason::Reason;
use crate::scene::{ReplayRule, ScenePolicy};
use crate::status::{Status, list_uri};
use crate::trust::{KeyFault, Purpose, VerifiedTrustList};
use crate::verdict::{Holder, Verdict};

/// The oldest a code may be, seconds.
pub const MAX_AGE: u64 = 60;
/// The furthest a code may lie in the future, seconds.
pub const MAX_AHEAD: u64 = 30;
/// How long a used code is remembered, seconds: longer than it could be accepted.
pub const REPLAY_WINDOW: u64 = 120;

/// The end of a day's codes, Unix seconds: the last one is drawn as the day ends, and accepted for
/// [`MAX_AGE`] after it. Whatever speaks of a day (its statuses, its lists, its passes) counts until then.
pub const fn codes_end(day: u64) -> u64 {
    day.saturating_add(MAX_AGE)
}

/// What is asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The scanned digits, stripped of what the scanner added.
    pub code: &'a str,
    /// This verifier's clock, Unix seconds.
    pub now: u64,
    /// The newest signed time that this verifier has ever seen, 0 for none: its own clock must not be behind
    /// it.
    pub newest_signed_time: u64,
    /// The rules of the scene.
    pub scene: &'a ScenePolicy,
    /// The challenge that this venue has shown, if it shows one.
    pub challenge: Option<&'a Challenge>,
    /// Whether the register itself answers for the status: then the ages that a scene allows offline do not
    /// count.
    pub online: bool,
    /// Who asks, for the desk's replay rule: a repeat by the same operator is the same check.
    pub operator: &'a str,
}

/// What the verifier knows.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// The signature arithmetic.
    pub backend: &'a dyn SignatureBackend,
    /// The trust list.
    pub trust: &'a VerifiedTrustList,
    /// Where statuses come from.
    pub status: &'a dyn StatusSource,
    /// The memory of used codes.
    pub replay: &'a dyn ReplayMemory,
    /// Passes verified before.
    pub passes: &'a dyn PassCache,
}

/// Where a pass's status is looked up.
pub struct StatusReference<'a> {
    prefix: &'a str,
    /// The pass's day.
    pub exp: u64,
    /// The number of the list.
    pub list: u32,
    /// The position in the list.
    pub position: u32,
}

impl StatusReference<'_> {
    /// The URI of the list.
    pub fn uri(&self) -> String {
        list_uri(self.prefix, self.exp, self.list)
    }

    /// The index over all of the day's lists.
    pub fn index(&self) -> u32 {
        self.list * crate::pass::STATUS_LIST_ENTRIES + self.position
    }
}

/// What a [`StatusSource`] knows of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusAnswer {
    /// The status, when it was stated, and until when that statement is good (Unix seconds).
    Known {
        /// The status.
        status: Status,
        /// When it was stated.
        issued_at: u64,
        /// Until when it is good.
        expires_at: u64,
    },
    /// There is no list for this pass.
    Missing,
    /// The list there is has another URI.
    Foreign,
    /// The index lies outside the list.
    OutOfRange,
    /// The register has no such pass.
    Unknown,
}

/// Gives the status of passes.
pub trait StatusSource: Send + Sync {
    /// The status of one pass.
    fn status(&self, reference: &StatusReference<'_>) -> StatusAnswer;
}

/// Names one use of one code: the start of the device key's digest, and the code's second. Never the
/// signature, which can be altered without becoming invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplayKey {
    /// The first 16 bytes of SHA-256 over the device key's x.
    pub device: [u8; 16],
    /// The code's iat.
    pub iat: u64,
}

impl ReplayKey {
    fn new(claims: &PassClaims, iat: u64) -> Self {
        Self { device: derive_device_digest(&claims.device_key), iat }
    }
}

/// Names a device key: the first 16 bytes of SHA-256 over its x.
pub fn derive_device_digest(key: &PublicKey) -> [u8; 16] {
    let digest = Sha256::digest(key.x());
    let mut device = [0; 16];
    device.copy_from_slice(&digest[..16]);
    device
}

/// What the replay memory answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Not seen before, and remembered from now on.
    First,
    /// Seen before.
    Again {
        /// By the operator who asks now.
        same_operator: bool,
    },
    /// Codes of that time were forgotten, as far as they were used: whether this one was cannot be said, so
    /// it is refused. A code that is drawn now is concerned where the clock was wrong, or what was used
    /// elsewhere is not known.
    Forgotten,
    /// The memory is full or broken: nothing can be said, so the code is refused.
    Unavailable,
}

/// Remembers used codes for [`REPLAY_WINDOW`] seconds.
pub trait ReplayMemory: Send + Sync {
    /// Looks a use up and remembers it, in one step.
    fn check_and_remember(&self, key: ReplayKey, operator: &str, now: u64) -> Use;
}

/// A bounded memory of verified passes, so that a second look costs one signature instead of two.
pub trait PassCache: Send + Sync {
    /// The pass whose bytes have this SHA-256.
    fn find(&self, digest: &[u8; 32]) -> Option<Arc<VerifiedPass>>;
    /// Keeps a verified pass.
    fn keep(&self, digest: [u8; 32], pass: Arc<VerifiedPass>);
}

/// No cache: every pass is verified anew.
pub struct NoCache;

impl PassCache for NoCache {
    fn find(&self, _: &[u8; 32]) -> Option<Arc<VerifiedPass>> {
        None
    }

    fn keep(&self, _: [u8; 32], _: Arc<VerifiedPass>) {}
}

/// No memory of used codes: for a single check of a file, where there is no second time, and for a service
/// whose store remembers them in the transaction that keeps the scan, and which then calls
/// [`Verdict::after_use`].
pub struct NoReplayMemory;

impl ReplayMemory for NoReplayMemory {
    fn check_and_remember(&self, _: ReplayKey, _: &str, _: u64) -> Use {
        Use::First
    }
}

/// A pass whose issuer signature was verified under one version of the trust list. Only
/// [`VerifiedPass::verify`] makes it.
pub struct VerifiedPass {
    claims: PassClaims,
    device_key: Box<dyn VerifyingKey>,
    trust_version: u64,
    key_from: u64,
    key_to: u64,
    status_prefix: Arc<str>,
}

impl VerifiedPass {
    /// Verifies a pass by itself: issuer, signature, claims, device key. A wallet does so before it keeps
    /// one; whether the pass's day is the right one is for the caller to say. For codes there is [`verify`].
    ///
    /// # Errors
    /// The reason of the first step that fails.
    pub fn verify(
        pass: &UnverifiedPass<'_>,
        now: u64,
        trust: &VerifiedTrustList,
        backend: &dyn SignatureBackend,
    ) -> Result<Self, Reason> {
        let message = pass.to_be_signed();
        let wanted = (pass.kid, pass.alg, Purpose::Pass);
        let signer = trust.find_signer(wanted, now, |key| key.verify(&message, pass.signature()));
        let signer = signer.map_err(|fault| match fault {
            KeyFault::Unknown => Reason::IssuerUnknown,
            KeyFault::Algorithm => Reason::AlgorithmMismatch,
            KeyFault::Purpose => Reason::KeyPurpose,
            KeyFault::NotValid => Reason::KeyNotValid,
            KeyFault::Signature => Reason::PassSignature,
        })?;
        let claims = pass.claims.check()?;
        let device_key =
            backend.verifying_key(&claims.device_key).map_err(|_| Reason::DeviceKey)?;
        Ok(Self {
            claims,
            device_key,
            trust_version: trust.version(),
            key_from: signer.from,
            key_to: signer.to,
            status_prefix: signer.status_prefix.clone().unwrap_or_else(|| Arc::from("")),
        })
    }

    /// What the issuer says.
    pub fn claims(&self) -> &PassClaims {
        &self.claims
    }

    /// Whether the pass's device signed a code.
    pub(crate) fn has_signed(&self, code: &UnverifiedCode<'_>) -> bool {
        self.device_key.verify(&code.to_be_signed(), code.signature())
    }
}

/// Verifies one code. Never panics, whatever the code is.
pub fn verify(question: &Question<'_>, evidence: &Evidence<'_>) -> Verdict {
    let mut verdict = Verdict::refuse(Reason::Malformed, question.scene.id);
    verdict.reason = match steps(question, evidence, &mut verdict) {
        Ok(reason) | Err(reason) => reason,
    };
    verdict
}

fn steps(
    question: &Question<'_>,
    evidence: &Evidence<'_>,
    verdict: &mut Verdict,
) -> Result<Reason, Reason> {
    let bytes = digits::decode(question.code)?;
    let code = UnverifiedCode::parse(&bytes)?;
    check_trust(question, evidence.trust, verdict)?;
    let Evidence { backend, trust, passes, .. } = *evidence;
    let pass = verified_pass(&code.pass, question.now, trust, backend, passes)?;
    check_day(&pass.claims, question.now)?;
    if !pass.has_signed(&code) {
        return Err(Reason::CodeSignature);
    }
    let claims = code.claims.check()?;
    verdict.clock_difference = Some(difference(question.now, claims.iat));
    verdict.holder =
        Some(Box::new(Holder { pass: pass.claims.clone(), iat: claims.iat, tier: claims.tier }));
    check_window(claims.iat, question.now)?;
    check_challenge(&claims, question)?;
    check_scene(&claims, &pass.claims, question, verdict)?;
    check_status(&pass, question, evidence.status, verdict)?;
    check_replay(&pass.claims, &claims, question, evidence.replay)
}

fn difference(now: u64, then: u64) -> i64 {
    i64::try_from(i128::from(now) - i128::from(then)).unwrap_or(i64::MIN)
}

fn check_trust(
    question: &Question<'_>,
    trust: &VerifiedTrustList,
    verdict: &mut Verdict,
) -> Result<(), Reason> {
    let now = question.now;
    let newest = question.newest_signed_time.max(trust.issued_at());
    if now.saturating_add(MAX_AHEAD) < newest {
        verdict.clock_difference = Some(difference(now, newest));
        return Err(Reason::VerifierClockBehind);
    }
    let age = now.saturating_sub(trust.issued_at());
    verdict.freshness.trust_age = Some(age);
    if trust.expires_at() <= now {
        return Err(Reason::TrustExpired);
    }
    if !question.online && age > u64::from(question.scene.trust_max_age) {
        return Err(Reason::TrustTooOld);
    }
    Ok(())
}

/// The pass, verified or known to be good, under a key that is valid at `now`.
pub(crate) fn verified_pass(
    pass: &UnverifiedPass<'_>,
    now: u64,
    trust: &VerifiedTrustList,
    backend: &dyn SignatureBackend,
    passes: &dyn PassCache,
) -> Result<Arc<VerifiedPass>, Reason> {
    let digest: [u8; 32] = Sha256::digest(pass.bytes).into();
    if let Some(known) = passes.find(&digest)
        && known.trust_version == trust.version()
    {
        let key_is_valid = known.key_from <= now && now < known.key_to;
        return if key_is_valid { Ok(known) } else { Err(Reason::KeyNotValid) };
    }
    let verified = VerifiedPass::verify(pass, now, trust, backend).map(Arc::new)?;
    passes.keep(digest, Arc::clone(&verified));
    Ok(verified)
}

/// The pass's day, with the code's own allowance for clocks at both ends.
pub(crate) fn check_day(claims: &PassClaims, now: u64) -> Result<(), Reason> {
    if now.saturating_add(DAY).saturating_add(MAX_AHEAD) < claims.exp {
        Err(Reason::PassNotYetValid)
    } else if now >= codes_end(claims.exp) {
        Err(Reason::PassExpired)
    } else {
        Ok(())
    }
}

/// The code's own time, against the clock of whoever scans.
pub(crate) fn check_window(iat: u64, now: u64) -> Result<(), Reason> {
    if iat > now.saturating_add(MAX_AHEAD) {
        Err(Reason::ClockAhead)
    } else if now.saturating_sub(iat) > MAX_AGE {
        Err(Reason::CodeExpired)
    } else {
        Ok(())
    }
}

fn check_challenge(claims: &CodeClaims, question: &Question<'_>) -> Result<(), Reason> {
    match (question.challenge, &claims.challenge) {
        (Some(asked), Some(answered)) if asked == answered => Ok(()),
        (_, Some(_)) => Err(Reason::ChallengeMismatch),
        (Some(_), None) => Err(Reason::ChallengeMissing),
        (None, None) if question.scene.challenge => Err(Reason::ChallengeMissing),
        (None, None) => Ok(()),
    }
}

fn check_scene(
    claims: &CodeClaims,
    pass: &PassClaims,
    question: &Question<'_>,
    verdict: &mut Verdict,
) -> Result<(), Reason> {
    let level = effective_level(pass.identity_level, pass.key_protection, claims.tier);
    verdict.level = Some(level);
    if claims.scene != 0 && claims.scene != question.scene.id {
        Err(Reason::SceneMismatch)
    } else if !question.online && !question.scene.offline {
        Err(Reason::OfflineNotAllowed)
    } else if level < question.scene.min_level {
        Err(Reason::LevelTooLow)
    } else {
        Ok(())
    }
}

fn check_status(
    pass: &VerifiedPass,
    question: &Question<'_>,
    source: &dyn StatusSource,
    verdict: &mut Verdict,
) -> Result<(), Reason> {
    let reference = StatusReference {
        prefix: &pass.status_prefix,
        exp: pass.claims.exp,
        list: pass.claims.status_list(),
        position: pass.claims.status_position(),
    };
    let (status, issued_at, expires_at) = match source.status(&reference) {
        StatusAnswer::Known { status, issued_at, expires_at } => (status, issued_at, expires_at),
        StatusAnswer::Missing => return Err(Reason::StatusMissing),
        StatusAnswer::Foreign => return Err(Reason::StatusForeign),
        StatusAnswer::OutOfRange => return Err(Reason::StatusIndex),
        StatusAnswer::Unknown => return Err(Reason::HolderUnknown),
    };
    let now = question.now;
    if now.saturating_add(MAX_AHEAD) < issued_at {
        verdict.clock_difference = Some(difference(now, issued_at));
        return Err(Reason::VerifierClockBehind);
    }
    let age = now.saturating_sub(issued_at);
    verdict.freshness.status_age = Some(age);
    match status {
        Status::Valid => {}
        Status::Suspended => return Err(Reason::Frozen),
        Status::Invalid | Status::Other(_) => return Err(Reason::Revoked),
    }
    // A bad status is told even by an old list; a good one only by a fresh list.
    if expires_at <= now || (!question.online && age > u64::from(question.scene.status_max_age)) {
        return Err(Reason::StatusTooOld);
    }
    Ok(())
}

fn check_replay(
    pass: &PassClaims,
    claims: &CodeClaims,
    question: &Question<'_>,
    memory: &dyn ReplayMemory,
) -> Result<Reason, Reason> {
    let key = ReplayKey::new(pass, claims.iat);
    let seen = memory.check_and_remember(key, question.operator, question.now);
    Ok(replay_reason(seen, question.scene.replay))
}

/// What a use of a good code comes to under a scene's rule.
pub fn replay_reason(seen: Use, rule: ReplayRule) -> Reason {
    match (seen, rule) {
        (Use::First, _) => Reason::Ok,
        (Use::Again { same_operator: true }, ReplayRule::Desk) => Reason::OkAgain,
        (Use::Again { .. }, _) => Reason::Replay,
        (Use::Forgotten, _) => Reason::UsesUnknown,
        (Use::Unavailable, _) => Reason::ReplayMemory,
    }
}

/// The replay key of a verified code, for a store that keeps it durably.
pub fn derive_replay_key(holder: &Holder) -> ReplayKey {
    ReplayKey::new(&holder.pass, holder.iat)
}

const _: () = assert!(REPLAY_WINDOW > MAX_AGE + MAX_AHEAD);
