//! Any bytes at any decoder: no panic, bounded time and memory, and never an acceptance.
//!
//! Under `cargo test` each target runs its corpus (`tests/__fuzz__`, made by the `make-vectors` example) and
//! some random inputs. Longer: `BOLERO_RANDOM_TEST_TIME_MS=60000 cargo test -p szid-protocol --test fuzz`, or
//! guided by coverage and without end: `cargo bolero test -p szid-protocol --test fuzz total_verify`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::LazyLock;

use szid_protocol::code::UnverifiedCode;
use szid_protocol::crypto::{P256Backend, Signer};
use szid_protocol::digits;
use szid_protocol::pass::UnverifiedPass;
use szid_protocol::reason::Reason;
use szid_protocol::receipt::Receipt;
use szid_protocol::scan_receipt::ScanReceipt;
use szid_protocol::scene::{ScenePolicy, VerifiedScenePolicies};
use szid_protocol::status::{Status, VerifiedStatusList};
use szid_protocol::time;
use szid_protocol::trust::VerifiedTrustList;
use szid_protocol::venue::VenueCode;
use szid_protocol::verify::{
    Evidence, NoCache, NoReplayMemory, Question, StatusAnswer, StatusReference, StatusSource,
    verify,
};

#[path = "../examples/make-vectors/vectors/mod.rs"]
#[expect(dead_code, reason = "only the city and the forge are needed here")]
mod vectors;

use vectors::city::{self, NOW, Role};
use vectors::forge::Layer;

static TRUST: LazyLock<VerifiedTrustList> = LazyLock::new(|| {
    let root = Role::Root.signer();
    let bytes = city::trust_list().sign(&root).unwrap();
    VerifiedTrustList::verify(&bytes, &[root.public_key()], &P256Backend).unwrap()
});

struct AllValid;

impl StatusSource for AllValid {
    fn status(&self, _: &StatusReference<'_>) -> StatusAnswer {
        StatusAnswer::Known { status: Status::Valid, issued_at: NOW, expires_at: NOW + 1 }
    }
}

fn judge(code: &str) -> Reason {
    let question = Question {
        code,
        now: NOW,
        newest_signed_time: 0,
        scene: &ScenePolicy::any(),
        challenge: None,
        online: false,
        operator: "",
    };
    let evidence = Evidence {
        backend: &P256Backend,
        trust: &TRUST,
        status: &AllValid,
        replay: &NoReplayMemory,
        passes: &NoCache,
    };
    verify(&question, &evidence).reason()
}

/// A good layer with other claims, signed by its own key: what lies behind the signature check.
fn with_claims(layer: &[u8], claims: &[u8], role: Role) -> Vec<u8> {
    let mut layer = Layer::read(layer);
    layer.payload = claims.to_vec();
    layer.sign(role).bytes()
}

#[test]
fn digits() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        if let Ok(bytes) = digits::decode(&text) {
            assert_eq!(digits::encode(&bytes), text);
        }
    });
}

#[test]
fn pass() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let _ = UnverifiedPass::parse(bytes);
    });
}

#[test]
fn pass_claims() {
    let good = city::pass(|_| ());
    let code = city::code_over(&good, |_| ());
    bolero::check!().for_each(|claims: &[u8]| {
        let pass = with_claims(&good, claims, Role::Pass);
        let mut layer = Layer::read(&code);
        layer.protected = [&[0xa2, 1, 0x26, 13], &pass[..]].concat();
        judge(&digits::encode(&layer.sign(Role::Device).bytes()));
    });
}

#[test]
fn code() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let _ = UnverifiedCode::parse(bytes);
    });
}

#[test]
fn code_claims() {
    let good = city::code(|_| ());
    bolero::check!().for_each(|claims: &[u8]| {
        judge(&digits::encode(&with_claims(&good, claims, Role::Device)));
    });
}

#[test]
fn total_verify() {
    bolero::check!().for_each(|bytes: &[u8]| {
        judge(&String::from_utf8_lossy(bytes));
        // Without the device key nobody finds bytes that are accepted.
        assert!(!judge(&digits::encode(bytes)).is_accept());
    });
}

#[test]
fn trust_list() {
    let roots = [Role::Unlisted.signer().public_key()];
    bolero::check!().for_each(|bytes: &[u8]| {
        assert!(VerifiedTrustList::verify(bytes, &roots, &P256Backend).is_err());
    });
}

#[test]
fn trust_list_claims() {
    let root = Role::Root.signer();
    let good = city::trust_list().sign(&root).unwrap();
    bolero::check!().for_each(|claims: &[u8]| {
        let bytes = with_claims(&good, claims, Role::Root);
        let _ = VerifiedTrustList::verify(&bytes, &[root.public_key()], &P256Backend);
    });
}

fn first_document(cases: &[vectors::documents::DocumentCase]) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(cases[0].bytes.as_bytes()).unwrap()
}

#[test]
fn scenes() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let _ = VerifiedScenePolicies::verify(bytes, &TRUST, NOW);
    });
}

#[test]
fn scenes_claims() {
    let good = first_document(&vectors::documents::scene_policies());
    bolero::check!().for_each(|claims: &[u8]| {
        let bytes = with_claims(&good, claims, Role::Scenes);
        let _ = VerifiedScenePolicies::verify(&bytes, &TRUST, NOW);
    });
}

#[test]
fn status_list() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let _ = VerifiedStatusList::verify(bytes, &TRUST, NOW);
    });
}

#[test]
fn status_list_claims() {
    let good = first_document(&vectors::documents::status_lists());
    bolero::check!().for_each(|claims: &[u8]| {
        let bytes = with_claims(&good, claims, Role::Status);
        if let Ok(list) = VerifiedStatusList::verify(&bytes, &TRUST, NOW) {
            assert_eq!(list.status(u32::MAX), None);
        }
    });
}

#[test]
fn receipt() {
    let key = Role::Device.signer().public_key();
    bolero::check!().for_each(|bytes: &[u8]| {
        let read = Receipt::verify(bytes, &key, &P256Backend);
        assert!(read.is_err(), "random bytes carry no signature");
    });
}

#[test]
fn scan_receipt() {
    let good = ScanReceipt {
        signed_at: NOW,
        at: NOW,
        id: [1; 16],
        venue: "library".into(),
        device: "desk-1".into(),
        scene: 2,
        reason: "OK".into(),
        consent: "not_asked".into(),
        claims: vec!["pairwise_id".into()],
    };
    let good = good.sign(&Role::Receipt.signer()).unwrap();
    bolero::check!().for_each(|bytes: &[u8]| {
        assert!(ScanReceipt::verify(bytes, &TRUST).is_err(), "random bytes carry no signature");
        let _ = ScanReceipt::verify(&with_claims(&good, bytes, Role::Receipt), &TRUST);
    });
}

#[test]
fn venue_code() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let _ = VenueCode::verify(&String::from_utf8_lossy(bytes), &TRUST, NOW);
        // Without a venue key nobody finds bytes that are taken.
        let digits = digits::encode(bytes).replacen("07551", "07550", 1);
        assert!(VenueCode::verify(&digits, &TRUST, NOW).is_err());
    });
}

#[test]
fn venue_code_claims() {
    let printed = vectors::venues::cases()[0].text.replacen("07550", "07551", 1);
    let good = digits::decode(&printed).unwrap();
    bolero::check!().for_each(|claims: &[u8]| {
        let bytes = with_claims(&good, claims, Role::Venue);
        let digits = digits::encode(&bytes).replacen("07551", "07550", 1);
        let _ = VenueCode::verify(&digits, &TRUST, NOW);
    });
}

#[test]
fn signed_time() {
    let good = time::sign_time(NOW, &[1; 16], &Role::Time.signer()).unwrap();
    bolero::check!().for_each(|bytes: &[u8]| {
        let _ = time::verify_time(bytes, &[1; 16], &TRUST);
        let _ = time::verify_time(&with_claims(&good, bytes, Role::Time), &[1; 16], &TRUST);
    });
}
