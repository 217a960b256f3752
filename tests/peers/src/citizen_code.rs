//! The citizen code: all steps of the verification, from the scanned text, with trust list, status list and
//! replay memory.

use szid_protocol::code::{CodeClaims, CodeDraft};
use szid_protocol::crypto::{P256Backend, SignatureBackend, Signer};
use szid_protocol::day::end_of_day;
use szid_protocol::digits;
use szid_protocol::level::{AuthenticationTier, IdentityLevel, KeyProtection};
use szid_protocol::pass::PassClaims;
use szid_protocol::scene::ScenePolicy;
use szid_protocol::status::{StatusBits, StatusList, list_uri};
use szid_protocol::trust::{Purpose, TrustList, TrustedKey, VerifiedTrustList};
use szid_protocol::verdict::Decision;
use szid_protocol::verify::{Evidence, NoCache, PassCache, Question, verify};
use szid_verifier::scanner::Scanner;
use szid_verifier::{AwsLcBackend, BoundedPassCache, InMemoryReplay, SignedTime, StatusCache};

use crate::peer::{DEVICE, ISSUER, NOW, Peer, signer};

const ROOT: u8 = 1;
const STATUS_KEY: u8 = 3;
const PREFIX: &str = "https://id.example/v1/status/";
/// Third list of the day, so that the index takes the room that it takes in a large city.
const INDEX: u32 = (3 << 20) + 77;
/// As long as a masked name may be, 24 bytes: the largest named code.
const NAME: &str = "欧阳＊＊＊＊＊＊";

pub(crate) fn peers() -> Vec<Peer> {
    let mut peers = Vec::new();
    for (variant, name) in [("default", None), ("named", Some(NAME))] {
        for arithmetic in ["aws-lc-rs", "p256 0.14"] {
            for seen in [false, true] {
                peers.push(peer(variant, name, arithmetic, seen));
            }
        }
    }
    peers
}

fn peer(variant: &str, masked_name: Option<&str>, arithmetic: &'static str, seen: bool) -> Peer {
    let message = code(masked_name);
    Peer {
        name: match (variant, seen) {
            ("default", false) => "citizen code, pass new",
            ("default", true) => "citizen code, pass seen",
            (_, false) => "citizen code, named, pass new",
            (_, true) => "citizen code, named, pass seen",
        },
        arithmetic,
        bytes: message.len(),
        text: digits::encode(&message),
        signatures: if seen { 1 } else { 2 },
        lacks: "readers by others (an own profile of COSE and CWT); personal data to disclose",
        wrap: digits::encode,
        verify: verification(arithmetic, seen),
        message,
    }
}

fn verification(arithmetic: &str, seen: bool) -> Box<dyn Fn(&str) -> bool> {
    let backend: Box<dyn SignatureBackend> = match arithmetic {
        "aws-lc-rs" => Box::new(AwsLcBackend),
        _ => Box::new(P256Backend),
    };
    let root = signer(ROOT).public_key();
    let trust = VerifiedTrustList::verify(&trust_list(), &[root], backend.as_ref()).unwrap();
    let status = StatusCache::open(8, None).unwrap();
    status.ingest(&status_list(), None, &trust, &SignedTime::open(None).unwrap(), NOW).unwrap();
    let passes: Box<dyn PassCache> =
        if seen { Box::new(BoundedPassCache::new(1000)) } else { Box::new(NoCache) };
    let replay = InMemoryReplay::new(1000);
    let scanner = Scanner::default();
    let scene = ScenePolicy::any();
    Box::new(move |text| {
        let Ok(code) = scanner.read(text) else { return false };
        let question = Question {
            code: &code,
            now: NOW,
            newest_signed_time: 0,
            scene: &scene,
            challenge: None,
            online: false,
            operator: "desk-1",
        };
        let evidence = Evidence {
            backend: backend.as_ref(),
            trust: &trust,
            status: &status,
            replay: &replay,
            passes: passes.as_ref(),
        };
        verify(&question, &evidence).decision() == Decision::Accept
    })
}

fn code(masked_name: Option<&str>) -> Vec<u8> {
    let pass = PassClaims {
        exp: end_of_day(NOW),
        device_key: signer(DEVICE).public_key(),
        identity_level: IdentityLevel::RealPerson,
        key_protection: KeyProtection::Tee,
        status_index: INDEX,
        concessions: None,
        masked_name: masked_name.map(str::to_owned),
    };
    let tier = AuthenticationTier::DeviceCredential;
    let claims = CodeClaims { iat: NOW, tier, scene: 0, challenge: None };
    let draft = CodeDraft::new(&pass.sign(&signer(ISSUER)).unwrap(), &claims).unwrap();
    let signature = signer(DEVICE).sign(&draft.to_be_signed()).unwrap();
    draft.finish(&signature)
}

fn trust_list() -> Vec<u8> {
    let key = |scalar, purpose, prefix: Option<&str>| TrustedKey {
        key: signer(scalar).public_key(),
        purpose,
        from: NOW - 100_000,
        to: NOW + 1_000_000,
        status_prefix: prefix.map(str::to_owned),
    };
    let keys =
        vec![key(ISSUER, Purpose::Pass, Some(PREFIX)), key(STATUS_KEY, Purpose::Status, None)];
    let list = TrustList { version: 1, iat: NOW - 600, exp: NOW + 864_000, keys };
    list.sign(&signer(ROOT)).unwrap()
}

fn status_list() -> Vec<u8> {
    let list = StatusList {
        uri: list_uri(PREFIX, end_of_day(NOW), INDEX >> 20),
        iat: NOW - 60,
        exp: NOW + 86_400,
        ttl: 600,
        statuses: StatusBits::new(1 << 20, 2).unwrap(),
    };
    list.sign(&signer(STATUS_KEY)).unwrap()
}
