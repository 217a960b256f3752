//! The city of the vectors: its keys, its clock, and its good pass and code, of which cases change one thing.

use szid_protocol::code::{CodeClaims, CodeDraft};
use szid_protocol::crypto::{Signer, SoftwareSigner};
use szid_protocol::level::{AuthenticationTier, IdentityLevel, KeyProtection};
use szid_protocol::pass::PassClaims;
use szid_protocol::trust::{Purpose, TrustList, TrustedKey};

/// 2026-01-15 12:00 +08:00.
pub(crate) const NOW: u64 = 1_768_449_600;
/// The end of that day.
pub(crate) const TODAY: u64 = 1_768_492_800;
pub(crate) const DAY: u64 = 86_400;
pub(crate) const PREFIX: &str = "https://id.example/v1/status/";
/// List 3, position 77.
pub(crate) const INDEX: u32 = (3 << 20) + 77;

/// The parts that keys play. The private scalar is the number, 32 times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Root = 1,
    Pass = 2,
    Status = 3,
    Scenes = 4,
    Time = 5,
    PassLater = 6,
    PassEnded = 7,
    PassTwice = 8,
    Device = 9,
    OtherDevice = 10,
    Unlisted = 11,
    OtherRoot = 12,
    Licence = 13,
    Venue = 14,
    Receipt = 15,
}

impl Role {
    pub(crate) const ALL: [(Self, &'static str); 15] = [
        (Self::Root, "root"),
        (Self::Pass, "pass"),
        (Self::Status, "status"),
        (Self::Scenes, "scenes"),
        (Self::Time, "time"),
        (Self::PassLater, "pass-later"),
        (Self::PassEnded, "pass-ended"),
        (Self::PassTwice, "pass-twice"),
        (Self::Device, "device"),
        (Self::OtherDevice, "other-device"),
        (Self::Unlisted, "unlisted"),
        (Self::OtherRoot, "other-root"),
        (Self::Licence, "licence"),
        (Self::Venue, "venue"),
        (Self::Receipt, "receipt"),
    ];

    pub(crate) fn scalar(self) -> [u8; 32] {
        [self as u8; 32]
    }

    pub(crate) fn signer(self) -> SoftwareSigner {
        SoftwareSigner::from_scalar(&self.scalar()).unwrap()
    }
}

pub(crate) fn entry(role: Role, purpose: Purpose, from: u64, to: u64) -> TrustedKey {
    TrustedKey {
        key: role.signer().public_key(),
        purpose,
        from,
        to,
        status_prefix: (purpose == Purpose::Pass).then(|| PREFIX.to_owned()),
    }
}

/// The good trust list. The key `pass-twice` stands in it three times: for another purpose, ended, and valid.
pub(crate) fn trust_list() -> TrustList {
    let (from, to) = (NOW - 30 * DAY, NOW + 300 * DAY);
    TrustList {
        version: 7,
        iat: NOW - 3600,
        exp: NOW + 30 * DAY,
        keys: vec![
            entry(Role::Pass, Purpose::Pass, from, to),
            entry(Role::PassLater, Purpose::Pass, NOW + 1, to),
            entry(Role::PassEnded, Purpose::Pass, from, NOW),
            entry(Role::PassTwice, Purpose::Licence, from, to),
            entry(Role::PassTwice, Purpose::Pass, from, NOW - DAY),
            entry(Role::PassTwice, Purpose::Pass, NOW, NOW + 1),
            entry(Role::Status, Purpose::Status, from, to),
            entry(Role::Scenes, Purpose::Scenes, from, to),
            entry(Role::Time, Purpose::Time, from, to),
            entry(Role::Licence, Purpose::Licence, from, to),
            entry(Role::Venue, Purpose::Venue, from, to),
            entry(Role::Receipt, Purpose::Receipt, from, to),
        ],
    }
}

pub(crate) fn pass_claims() -> PassClaims {
    PassClaims {
        exp: TODAY,
        device_key: Role::Device.signer().public_key(),
        identity_level: IdentityLevel::InPerson,
        key_protection: KeyProtection::SecureElement,
        status_index: INDEX,
        concessions: None,
        masked_name: None,
    }
}

pub(crate) fn code_claims() -> CodeClaims {
    CodeClaims { iat: NOW, tier: AuthenticationTier::Biometric, scene: 0, challenge: None }
}

pub(crate) fn pass(change: impl FnOnce(&mut PassClaims)) -> Vec<u8> {
    let mut claims = pass_claims();
    change(&mut claims);
    claims.sign(&Role::Pass.signer()).unwrap()
}

pub(crate) fn code_over(pass: &[u8], change: impl FnOnce(&mut CodeClaims)) -> Vec<u8> {
    let mut claims = code_claims();
    change(&mut claims);
    let draft = CodeDraft::new(pass, &claims).unwrap();
    let signature = Role::Device.signer().sign(&draft.to_be_signed()).unwrap();
    draft.finish(&signature)
}

pub(crate) fn code(change: impl FnOnce(&mut CodeClaims)) -> Vec<u8> {
    code_over(&pass(|_| ()), change)
}
