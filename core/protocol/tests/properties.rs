//! What is written is read back, and no single flipped bit goes unnoticed.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::{Arc, LazyLock};

use proptest::collection::vec;
use proptest::prelude::*;
use szid_protocol::code::{Challenge, CodeClaims, CodeDraft};
use szid_protocol::crypto::{P256Backend, Signer};
use szid_protocol::day::end_of_day;
use szid_protocol::digits;
use szid_protocol::level::{AuthenticationTier, IdentityLevel, KeyProtection};
use szid_protocol::pass::{MAX_NAME_BYTES, PassClaims};
use szid_protocol::reason::Reason;
use szid_protocol::scene::{
    ConsentRule, ReplayRule, ScenePolicies, ScenePolicy, VerifiedScenePolicies,
};
use szid_protocol::status::{Status, StatusBits, StatusList, VerifiedStatusList};
use szid_protocol::trust::{Purpose, TrustList, TrustedKey, VerifiedTrustList};
use szid_protocol::verdict::Verdict;
use szid_protocol::verify::*;

#[path = "../examples/make-vectors/vectors/mod.rs"]
#[expect(dead_code, reason = "only the city is needed here")]
mod vectors;

use vectors::city::{self, NOW, Role};

static TRUST: LazyLock<VerifiedTrustList> = LazyLock::new(|| {
    let root = Role::Root.signer();
    let bytes = city::trust_list().sign(&root).unwrap();
    VerifiedTrustList::verify(&bytes, &[root.public_key()], &P256Backend).unwrap()
});

struct AllValid;

impl StatusSource for AllValid {
    fn status(&self, _: &StatusReference<'_>) -> StatusAnswer {
        StatusAnswer::Known { status: Status::Valid, issued_at: NOW, expires_at: u64::MAX }
    }
}

/// A cache that keeps everything.
#[derive(Default)]
struct KeepAll(std::sync::Mutex<std::collections::HashMap<[u8; 32], Arc<VerifiedPass>>>);

impl PassCache for KeepAll {
    fn find(&self, digest: &[u8; 32]) -> Option<Arc<VerifiedPass>> {
        self.0.lock().unwrap().get(digest).cloned()
    }

    fn keep(&self, digest: [u8; 32], pass: Arc<VerifiedPass>) {
        self.0.lock().unwrap().insert(digest, pass);
    }
}

fn judge(
    code: &str,
    scene: u16,
    challenge: Option<&Challenge>,
    trust: &VerifiedTrustList,
    passes: &dyn PassCache,
    now: u64,
) -> Verdict {
    let question = Question {
        code,
        now,
        newest_signed_time: 0,
        scene: &ScenePolicy { id: scene, ..ScenePolicy::any() },
        challenge,
        online: false,
        operator: "",
    };
    let evidence = Evidence {
        backend: &P256Backend,
        trust,
        status: &AllValid,
        replay: &NoReplayMemory,
        passes,
    };
    verify(&question, &evidence)
}

prop_compose! {
    fn pass_claims()(
        level in 1..=4u64,
        protection in 1..=4u64,
        status_index: u32,
        concessions: Option<u16>,
        masked_name in proptest::option::of("[\\*a-z林示例·]{1,8}"),
    ) -> PassClaims {
        PassClaims {
            identity_level: IdentityLevel::try_from(level).unwrap(),
            key_protection: KeyProtection::try_from(protection).unwrap(),
            status_index,
            concessions,
            masked_name: masked_name.filter(|name| name.len() <= MAX_NAME_BYTES),
            ..city::pass_claims()
        }
    }
}

prop_compose! {
    fn code_claims()(
        iat in NOW - 60..=NOW + 30,
        tier in 1..=3u64,
        scene: u16,
        challenge in proptest::option::of(("[a-z0-9-]{1,22}", vec(any::<u8>(), 8..=16))),
    ) -> CodeClaims {
        CodeClaims {
            iat,
            tier: AuthenticationTier::try_from(tier).unwrap(),
            scene,
            challenge: challenge.map(|(audience, nonce)| Challenge { audience, nonce }),
        }
    }
}

prop_compose! {
    fn scene_policy()(
        (id, min_level) in (1..=u16::MAX, 1..=4u8),
        name_zh in "[酒店前台闸机]{1,12}",
        name_en in "[a-z ]{1,96}",
        classes in vec(any::<u16>(), 0..=32),
        claims in vec(any::<u16>(), 0..=32),
        consent in prop_oneof![Just(ConsentRule::None), Just(ConsentRule::Notice), Just(ConsentRule::Ask)],
        (consent_seconds, trust_max_age, status_max_age, retention_days) in any::<(u32, u32, u32, u32)>(),
        (offline, challenge, case) in any::<(bool, bool, bool)>(),
        consent_tier in 1..=3u8,
        replay in prop_oneof![Just(ReplayRule::Gate), Just(ReplayRule::Desk)],
    ) -> ScenePolicy {
        ScenePolicy {
            id, name_zh, name_en, min_level, classes, claims, consent, consent_seconds, offline,
            trust_max_age, status_max_age, replay, challenge, retention_days, consent_tier, case,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_verdict_holds_what_pass_and_code_say(pass in pass_claims(), code in code_claims()) {
        let bytes = pass.sign(&Role::Pass.signer()).unwrap();
        let draft = CodeDraft::new(&bytes, &code).unwrap();
        let signature = Role::Device.signer().sign(&draft.to_be_signed()).unwrap();
        let text = draft.finish_as_digits(&signature);
        let verdict = judge(&text, code.scene, code.challenge.as_ref(), &TRUST, &NoCache, NOW);
        prop_assert_eq!(verdict.reason(), Reason::Ok);
        let holder = verdict.holder().unwrap();
        prop_assert_eq!(&holder.pass, &pass);
        prop_assert_eq!(holder.iat, code.iat);
        prop_assert_eq!(verdict.clock_difference(), Some(NOW as i64 - code.iat as i64));
    }

    #[test]
    fn a_trust_list_is_read_back(version: u64, iat: u64, exp: u64, from in 0..NOW, to in NOW + 1..u64::MAX, prefix in "[a-z/:.]{0,200}", purpose in 1..=7usize) {
        let root = Role::Root.signer();
        let purpose = [Purpose::Pass, Purpose::Status, Purpose::Scenes, Purpose::Licence, Purpose::Time, Purpose::Venue, Purpose::Receipt][purpose - 1];
        let key = Role::Pass.signer().public_key();
        let status_prefix = (purpose == Purpose::Pass).then_some(prefix);
        let entry = TrustedKey { key, purpose, from, to, status_prefix: status_prefix.clone() };
        let list = TrustList { version, iat, exp, keys: vec![entry] };
        let read = VerifiedTrustList::verify(&list.sign(&root).unwrap(), &[root.public_key()], &P256Backend).unwrap();
        prop_assert_eq!((read.version(), read.issued_at(), read.expires_at()), (version, iat, exp));
        prop_assert!(read.lists(&key, purpose, from) && read.lists(&key, purpose, to - 1));
        prop_assert!(!read.lists(&key, purpose, to) && (from == 0 || !read.lists(&key, purpose, from - 1)));
        prop_assert_eq!(read.status_prefix(&key), status_prefix.as_deref());
    }

    #[test]
    fn scene_policies_are_read_back(version: u64, scenes in vec(scene_policy(), 0..6)) {
        let mut scenes = scenes;
        scenes.sort_by_key(|scene| scene.id);
        scenes.dedup_by_key(|scene| scene.id);
        let document = ScenePolicies { version, iat: NOW, exp: NOW + 1, scenes };
        let bytes = document.sign(&Role::Scenes.signer()).unwrap();
        let read = VerifiedScenePolicies::verify(&bytes, &TRUST, NOW).unwrap();
        prop_assert_eq!(read.scenes(), &document.scenes[..]);
        prop_assert_eq!((read.version(), read.issued_at(), read.expires_at()), (version, NOW, NOW + 1));
    }

    #[test]
    fn a_status_list_is_read_back(width in 0..4u8, values in vec((0..4096u32, any::<u8>()), 0..40), (iat, exp, ttl) in any::<(u64, u64, u64)>()) {
        let bits = 1 << width;
        let mut statuses = StatusBits::new(4096, bits).unwrap();
        for (position, value) in values {
            assert!(statuses.set(position, value & (0xff >> (8 - bits))));
        }
        let list = StatusList { uri: "https://id.example/1/0".into(), iat, exp, ttl, statuses: statuses.clone() };
        let bytes = list.sign(&Role::Status.signer()).unwrap();
        let read = VerifiedStatusList::verify(&bytes, &TRUST, NOW).unwrap();
        prop_assert_eq!((read.uri(), read.issued_at(), read.expires_at(), read.ttl()), (list.uri.as_str(), iat, exp, ttl));
        for position in 0..4096 {
            prop_assert_eq!(read.status(position), statuses.status(position));
        }
        prop_assert_eq!(read.status(4096), None);
    }
}

#[test]
fn no_single_flipped_bit_goes_unnoticed() {
    let code = city::code(|_| ());
    assert_eq!(judge(&digits::encode(&code), 0, None, &TRUST, &NoCache, NOW).reason(), Reason::Ok);
    for bit in 0..code.len() * 8 {
        let mut bytes = code.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let reason = judge(&digits::encode(&bytes), 0, None, &TRUST, &NoCache, NOW).reason();
        assert!(!reason.is_accept(), "bit {bit}");
    }
}

#[test]
fn no_single_misread_digit_goes_unnoticed() {
    let text = digits::encode(&city::code(|_| ()));
    for place in 0..text.len() {
        let digit = (text.as_bytes()[place] - b'0' + 1) % 10;
        let misread = format!("{}{digit}{}", &text[..place], &text[place + 1..]);
        assert!(
            !judge(&misread, 0, None, &TRUST, &NoCache, NOW).reason().is_accept(),
            "digit {place}"
        );
    }
}

#[test]
fn a_remembered_pass_gives_the_same_verdicts_and_ends_with_its_trust_list() {
    let cache = KeepAll::default();
    let code = digits::encode(&city::code(|_| ()));
    let with = |trust: &VerifiedTrustList| judge(&code, 0, None, trust, &cache, NOW).reason();
    assert_eq!(with(&TRUST), Reason::Ok);
    assert_eq!(cache.0.lock().unwrap().len(), 1);
    assert_eq!(with(&TRUST), Reason::Ok);

    let newer = |change: fn(&mut TrustList)| {
        let root = Role::Root.signer();
        let mut list = city::trust_list();
        list.version += 1;
        change(&mut list);
        VerifiedTrustList::verify(&list.sign(&root).unwrap(), &[root.public_key()], &P256Backend)
            .unwrap()
    };
    // The newer list no longer names the pass key: what was remembered under the older one does not count.
    assert_eq!(with(&newer(|list| drop(list.keys.remove(0)))), Reason::IssuerUnknown);
    assert_eq!(with(&newer(|list| list.keys[0].to = NOW)), Reason::KeyNotValid);
    assert_eq!(with(&newer(|_| ())), Reason::Ok);
}

#[test]
fn a_remembered_pass_ends_with_its_key_and_its_day() {
    let cache = KeepAll::default();
    let ended = city::pass_claims().sign(&Role::PassEnded.signer()).unwrap();
    let at = |pass: &[u8], now: u64| {
        let code = digits::encode(&city::code_over(pass, |claims| claims.iat = now));
        judge(&code, 0, None, &TRUST, &cache, now).reason()
    };
    assert_eq!(at(&ended, NOW - 1), Reason::Ok);
    assert_eq!(at(&ended, NOW), Reason::KeyNotValid);
    let pass = city::pass(|_| ());
    let end = end_of_day(NOW);
    assert_eq!(at(&pass, NOW), Reason::Ok);
    assert_eq!(at(&pass, end + 60), Reason::PassExpired);
}

#[test]
fn a_remembered_pass_does_not_carry_another_devices_signature() {
    let cache = KeepAll::default();
    let pass = city::pass(|_| ());
    let good = digits::encode(&city::code_over(&pass, |_| ()));
    assert_eq!(judge(&good, 0, None, &TRUST, &cache, NOW).reason(), Reason::Ok);
    let draft = CodeDraft::new(&pass, &city::code_claims()).unwrap();
    let signature = Role::OtherDevice.signer().sign(&draft.to_be_signed()).unwrap();
    let code = draft.finish_as_digits(&signature);
    assert_eq!(judge(&code, 0, None, &TRUST, &cache, NOW).reason(), Reason::CodeSignature);
}
