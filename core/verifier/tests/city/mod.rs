//! A small city: keys, lists and codes for tests and benchmarks.
#![allow(dead_code, clippy::unwrap_used)]

use szid_protocol::code::{CodeClaims, CodeDraft};
use szid_protocol::crypto::{Signer, SoftwareSigner};
use szid_protocol::day::end_of_day;
use szid_protocol::level::{AuthenticationTier, IdentityLevel, KeyProtection};
use szid_protocol::pass::PassClaims;
use szid_protocol::scene::{ScenePolicies, ScenePolicy};
use szid_protocol::status::{StatusBits, StatusList, list_uri};
use szid_protocol::trust::{Purpose, TrustList, TrustedKey};

/// A moment well inside a day.
pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const PREFIX: &str = "https://status.example/v1/status/";
pub(crate) const INDEX: u32 = 777_777;

pub(crate) const ROOT: u8 = 1;
pub(crate) const PASS_KEY: u8 = 2;
pub(crate) const STATUS_KEY: u8 = 3;
pub(crate) const SCENES_KEY: u8 = 4;
pub(crate) const DEVICE: u8 = 9;

pub(crate) fn signer(scalar: u8) -> SoftwareSigner {
    SoftwareSigner::from_scalar(&[scalar; 32]).unwrap()
}

/// A trust list made at `iat` by `root`, with a status key of choice.
pub(crate) fn trust_by(root: u8, version: u64, iat: u64, status_key: u8) -> Vec<u8> {
    let key = |scalar, purpose, prefix: Option<&str>| TrustedKey {
        key: signer(scalar).public_key(),
        purpose,
        from: NOW - 100_000,
        to: NOW + 1_000_000,
        status_prefix: prefix.map(str::to_owned),
    };
    let keys = vec![
        key(PASS_KEY, Purpose::Pass, Some(PREFIX)),
        key(status_key, Purpose::Status, None),
        key(SCENES_KEY, Purpose::Scenes, None),
    ];
    TrustList { version, iat, exp: NOW + 864_000, keys }.sign(&signer(root)).unwrap()
}

pub(crate) fn trust(version: u64) -> Vec<u8> {
    trust_by(ROOT, version, NOW - 600, STATUS_KEY)
}

pub(crate) fn uri(day: u64) -> String {
    list_uri(PREFIX, day, 0)
}

/// A status list with these raw statuses set.
pub(crate) fn status(uri: &str, iat: u64, set: &[(u32, u8)]) -> Vec<u8> {
    let mut statuses = StatusBits::new(1 << 20, 2).unwrap();
    assert!(set.iter().all(|(position, value)| statuses.set(*position, *value)));
    let list = StatusList { uri: uri.into(), iat, exp: iat + 86_400, ttl: 600, statuses };
    list.sign(&signer(STATUS_KEY)).unwrap()
}

pub(crate) fn scenes(version: u64, exp: u64) -> Vec<u8> {
    let scene = ScenePolicy {
        id: 1,
        name_zh: "酒店".into(),
        name_en: "hotel".into(),
        trust_max_age: 86_400,
        status_max_age: 3_600,
        ..ScenePolicy::any()
    };
    let policies = ScenePolicies { version, iat: NOW - 300, exp, scenes: vec![scene] };
    policies.sign(&signer(SCENES_KEY)).unwrap()
}

/// A code drawn at `iat` by the device with this scalar.
pub(crate) fn code(device: u8, iat: u64) -> String {
    let pass = PassClaims {
        exp: end_of_day(iat),
        device_key: signer(device).public_key(),
        identity_level: IdentityLevel::RealPerson,
        key_protection: KeyProtection::Tee,
        status_index: INDEX,
        concessions: None,
        masked_name: None,
    };
    let tier = AuthenticationTier::DeviceCredential;
    let claims = CodeClaims { iat, tier, scene: 0, challenge: None };
    let draft = CodeDraft::new(&pass.sign(&signer(PASS_KEY)).unwrap(), &claims).unwrap();
    let signature = signer(device).sign(&draft.to_be_signed()).unwrap();
    draft.finish_as_digits(&signature)
}
