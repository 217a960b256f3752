//! The total verification, step by step: a good code, and one deviation each.
#![allow(clippy::unwrap_used, missing_docs)]

use szid_protocol::code::{Challenge, CodeClaims, CodeDraft};
use szid_protocol::crypto::{P256Backend, Signer, SoftwareSigner};
use szid_protocol::digits;
use szid_protocol::level::{AuthenticationTier, IdentityLevel, KeyProtection};
use szid_protocol::pass::PassClaims;
use szid_protocol::reason::Reason;
use szid_protocol::scene::{ReplayRule, ScenePolicy};
use szid_protocol::status::Status;
use szid_protocol::trust::{Purpose, TrustList, TrustedKey, VerifiedTrustList};
use szid_protocol::verdict::Decision;
use szid_protocol::verify::*;

const NOW: u64 = 1_768_449_600;
const TODAY: u64 = 1_768_492_800;

fn key(scalar: u8) -> SoftwareSigner {
    SoftwareSigner::from_scalar(&[scalar; 32]).unwrap()
}

struct Answers(StatusAnswer, Use);

impl StatusSource for Answers {
    fn status(&self, reference: &StatusReference<'_>) -> StatusAnswer {
        assert_eq!(reference.uri(), format!("https://id.example/status/{TODAY}/3"));
        self.0
    }
}

impl ReplayMemory for Answers {
    fn check_and_remember(&self, key: ReplayKey, _: &str, _: u64) -> Use {
        assert_eq!(key.iat, NOW);
        self.1
    }
}

/// A good code and all that is needed to accept it; tests change one thing.
struct Case {
    pass: PassClaims,
    code: CodeClaims,
    pass_signer: u8,
    device: u8,
    trust: TrustList,
    scene: ScenePolicy,
    now: u64,
    newest: u64,
    challenge: Option<Challenge>,
    online: bool,
    answers: Answers,
    edit: fn(Vec<u8>) -> Vec<u8>,
}

fn good() -> Case {
    let entry = |scalar, purpose| TrustedKey {
        key: key(scalar).public_key(),
        purpose,
        from: NOW - 1000,
        to: NOW + 1000,
        status_prefix: (purpose == Purpose::Pass).then(|| "https://id.example/status/".into()),
    };
    let status =
        StatusAnswer::Known { status: Status::Valid, issued_at: NOW - 10, expires_at: NOW + 1000 };
    Case {
        pass: PassClaims {
            exp: TODAY,
            device_key: key(9).public_key(),
            identity_level: IdentityLevel::InPerson,
            key_protection: KeyProtection::SecureElement,
            status_index: (3 << 20) + 77,
            concessions: None,
            masked_name: None,
        },
        code: CodeClaims {
            iat: NOW,
            tier: AuthenticationTier::Biometric,
            scene: 0,
            challenge: None,
        },
        pass_signer: 2,
        device: 9,
        trust: TrustList {
            version: 1,
            iat: NOW - 100,
            exp: NOW + 1000,
            keys: vec![entry(2, Purpose::Pass), entry(3, Purpose::Status)],
        },
        scene: ScenePolicy { id: 2, min_level: 3, ..ScenePolicy::any() },
        now: NOW,
        newest: 0,
        challenge: None,
        online: false,
        answers: Answers(status, Use::First),
        edit: |bytes| bytes,
    }
}

fn judge(case: &Case) -> Reason {
    let root = key(1);
    let trust = case.trust.sign(&root).unwrap();
    let trust = VerifiedTrustList::verify(&trust, &[root.public_key()], &P256Backend).unwrap();
    let pass = case.pass.sign(&key(case.pass_signer)).unwrap();
    let draft = CodeDraft::new(&pass, &case.code).unwrap();
    let signature = key(case.device).sign(&draft.to_be_signed()).unwrap();
    let code = digits::encode(&(case.edit)(draft.finish(&signature)));
    let question = Question {
        code: &code,
        now: case.now,
        newest_signed_time: case.newest,
        scene: &case.scene,
        challenge: case.challenge.as_ref(),
        online: case.online,
        operator: "desk",
    };
    let evidence = Evidence {
        backend: &P256Backend,
        trust: &trust,
        status: &case.answers,
        replay: &case.answers,
        passes: &NoCache,
    };
    let verdict = verify(&question, &evidence);
    assert_eq!(verdict.decision() == Decision::Accept, verdict.reason().is_accept());
    verdict.reason()
}

fn expect(reason: Reason, change: impl FnOnce(&mut Case)) {
    let mut case = good();
    change(&mut case);
    assert_eq!(judge(&case), reason);
}

fn known(status: Status, issued_at: u64, expires_at: u64) -> StatusAnswer {
    StatusAnswer::Known { status, issued_at, expires_at }
}

fn challenge(nonce: u8) -> Option<Challenge> {
    Some(Challenge { audience: "hotel".into(), nonce: vec![nonce; 8] })
}

#[test]
fn a_good_code_is_accepted_and_has_246_bytes() {
    expect(Reason::Ok, |_| {});
    let pass = good().pass.sign(&key(2)).unwrap();
    let draft = CodeDraft::new(&pass, &good().code).unwrap();
    let digits = draft.finish_as_digits(&[1; 64]);
    assert_eq!(digits.len(), 603);
}

#[test]
fn both_ends_of_the_window_are_exact() {
    expect(Reason::Ok, |case| case.now = NOW + 60);
    expect(Reason::CodeExpired, |case| case.now = NOW + 61);
    expect(Reason::Ok, |case| case.now = NOW - 30);
    expect(Reason::ClockAhead, |case| case.now = NOW - 31);
}

#[test]
fn trust_comes_first() {
    expect(Reason::TrustExpired, |case| case.trust.exp = NOW);
    expect(Reason::TrustTooOld, |case| case.scene.trust_max_age = 99);
    expect(Reason::Ok, |case| (case.scene.trust_max_age, case.online) = (99, true));
    expect(Reason::VerifierClockBehind, |case| case.newest = NOW + 31);
    expect(Reason::IssuerUnknown, |case| case.pass_signer = 7);
    expect(Reason::KeyPurpose, |case| case.pass_signer = 3);
    expect(Reason::KeyNotValid, |case| case.trust.keys[0].to = NOW);
    expect(Reason::KeyNotValid, |case| case.trust.keys[0].from = NOW + 1);
}

#[test]
fn both_signatures_count() {
    expect(Reason::CodeSignature, |case| case.device = 8);
    expect(Reason::CodeSignature, |case| {
        case.edit = |mut bytes| {
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            bytes
        };
    });
    let case = good();
    let draft = CodeDraft::new(&case.pass.sign(&key(2)).unwrap(), &case.code).unwrap();
    let signature = key(9).sign(&draft.to_be_signed()).unwrap();
    let code = draft.finish(&signature);
    assert_eq!(judge_bytes(&case, &code), Reason::Ok);
    // Every 13th bit meets every field, and keeps the test quick.
    for bit in (0..code.len() * 8).step_by(13) {
        let mut bytes = code.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(judge_bytes(&case, &bytes), Reason::Ok, "bit {bit}");
    }
}

fn judge_bytes(case: &Case, bytes: &[u8]) -> Reason {
    let root = key(1);
    let trust = case.trust.sign(&root).unwrap();
    let trust = VerifiedTrustList::verify(&trust, &[root.public_key()], &P256Backend).unwrap();
    let question = Question {
        code: &digits::encode(bytes),
        now: NOW,
        newest_signed_time: 0,
        scene: &case.scene,
        challenge: None,
        online: false,
        operator: "",
    };
    let evidence = Evidence {
        backend: &P256Backend,
        trust: &trust,
        status: &case.answers,
        replay: &NoReplayMemory,
        passes: &NoCache,
    };
    verify(&question, &evidence).reason()
}

#[test]
fn layers_cannot_be_swapped_and_form_is_strict() {
    let case = good();
    let pass = case.pass.sign(&key(2)).unwrap();
    assert_eq!(judge_bytes(&case, &pass), Reason::Malformed);
    expect(Reason::Malformed, |case| case.edit = |bytes| bytes[..bytes.len() - 1].to_vec());
    expect(Reason::Malformed, |case| case.edit = |bytes| [bytes, vec![0]].concat());
}

#[test]
fn a_pass_is_for_one_day() {
    let day = |exp: u64, now: u64| {
        let mut case = good();
        (case.pass.exp, case.code.iat, case.now, case.trust.exp) = (exp, now, now, u64::MAX);
        (case.trust.keys[0].from, case.trust.keys[0].to) = (0, u64::MAX);
        judge_day(&case)
    };
    assert_eq!(day(TODAY, TODAY + 59), None);
    assert_eq!(day(TODAY, TODAY + 60), Some(Reason::PassExpired));
    assert_eq!(day(TODAY, TODAY - 86_430), None);
    assert_eq!(day(TODAY, TODAY - 86_431), Some(Reason::PassNotYetValid));
    expect(Reason::PassClaims, |case| case.pass.exp = TODAY + 1);
}

/// The refusal for the day, if that is what the verdict is about.
fn judge_day(case: &Case) -> Option<Reason> {
    let pass = case.pass.sign(&key(2)).unwrap();
    let draft = CodeDraft::new(&pass, &case.code).unwrap();
    let signature = key(9).sign(&draft.to_be_signed()).unwrap();
    let root = key(1);
    let trust = TrustList { iat: 0, ..case.trust.clone() }.sign(&root).unwrap();
    let trust = VerifiedTrustList::verify(&trust, &[root.public_key()], &P256Backend).unwrap();
    let status = Answers(StatusAnswer::Missing, Use::First);
    let question = Question {
        code: &draft.finish_as_digits(&signature),
        now: case.now,
        newest_signed_time: 0,
        scene: &case.scene,
        challenge: None,
        online: false,
        operator: "",
    };
    let evidence = Evidence {
        backend: &P256Backend,
        trust: &trust,
        status: &status,
        replay: &NoReplayMemory,
        passes: &NoCache,
    };
    let reason = verify(&question, &evidence).reason();
    (reason != Reason::StatusMissing).then_some(reason)
}

#[test]
fn challenge_scene_and_level_are_checked() {
    expect(Reason::ChallengeMissing, |case| case.challenge = challenge(1));
    expect(Reason::ChallengeMissing, |case| case.scene.challenge = true);
    expect(Reason::ChallengeMismatch, |case| case.code.challenge = challenge(1));
    expect(Reason::ChallengeMismatch, |case| {
        (case.challenge, case.code.challenge) = (challenge(1), challenge(2));
    });
    expect(Reason::Ok, |case| (case.challenge, case.code.challenge) = (challenge(1), challenge(1)));
    expect(Reason::SceneMismatch, |case| case.code.scene = 5);
    expect(Reason::Ok, |case| case.code.scene = 2);
    expect(Reason::OfflineNotAllowed, |case| case.scene.offline = false);
    expect(Reason::Ok, |case| (case.scene.offline, case.online) = (false, true));
    expect(Reason::LevelTooLow, |case| case.code.tier = AuthenticationTier::AppOpen);
    expect(Reason::LevelTooLow, |case| case.pass.key_protection = KeyProtection::Software);
    expect(Reason::LevelTooLow, |case| case.pass.identity_level = IdentityLevel::RealName);
}

#[test]
fn every_status_answer_has_its_reason() {
    for (answer, reason) in [
        (StatusAnswer::Missing, Reason::StatusMissing),
        (StatusAnswer::Foreign, Reason::StatusForeign),
        (StatusAnswer::OutOfRange, Reason::StatusIndex),
        (StatusAnswer::Unknown, Reason::HolderUnknown),
        (known(Status::Invalid, NOW, NOW + 1), Reason::Revoked),
        (known(Status::Suspended, NOW, NOW + 1), Reason::Frozen),
        (known(Status::Other(3), NOW, NOW + 1), Reason::Revoked),
        (known(Status::Valid, NOW - 10, NOW), Reason::StatusTooOld),
        (known(Status::Suspended, NOW - 10, NOW), Reason::Frozen),
        (known(Status::Valid, NOW + 31, NOW + 100), Reason::VerifierClockBehind),
    ] {
        expect(reason, |case| case.answers.0 = answer);
    }
    expect(Reason::StatusTooOld, |case| case.scene.status_max_age = 9);
}

#[test]
fn a_used_code_is_judged_by_the_scenes_rule() {
    for (used, rule, reason) in [
        (Use::Again { same_operator: true }, ReplayRule::Desk, Reason::OkAgain),
        (Use::Again { same_operator: false }, ReplayRule::Desk, Reason::Replay),
        (Use::Again { same_operator: true }, ReplayRule::Gate, Reason::Replay),
        (Use::Forgotten, ReplayRule::Desk, Reason::UsesUnknown),
        (Use::Unavailable, ReplayRule::Desk, Reason::ReplayMemory),
    ] {
        expect(reason, |case| (case.answers.1, case.scene.replay) = (used, rule));
    }
}
