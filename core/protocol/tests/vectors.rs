//! The published vectors are frozen, and each gives the verdict that is written beside it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use data_encoding::HEXLOWER;
use serde::Deserialize;
use szid_protocol::code::Challenge;
use szid_protocol::crypto::P256Backend;
use szid_protocol::digits;
use szid_protocol::key::PublicKey;
use szid_protocol::reason::Reason;
use szid_protocol::scene::{ScenePolicy, VerifiedScenePolicies};
use szid_protocol::status::VerifiedStatusList;
use szid_protocol::trust::VerifiedTrustList;
use szid_protocol::venue::{VenueCode, VenueCodeFault};
use szid_protocol::verdict::{Decision, Verdict};
use szid_protocol::verify::{
    Evidence, NoCache, Question, ReplayKey, ReplayMemory, StatusAnswer, StatusReference,
    StatusSource, Use, verify,
};

#[path = "../examples/make-vectors/vectors/mod.rs"]
mod vectors;

use vectors::case::Case;
use vectors::venues::{Says, VenueCase};

#[derive(Deserialize)]
struct File<T> {
    cases: Vec<T>,
}

#[derive(Deserialize)]
struct Key {
    name: String,
    spki: String,
}

#[derive(Deserialize)]
struct Document {
    name: String,
    bytes: String,
    verified_with: String,
    now: u64,
    held_version: u64,
    reason: String,
}

#[derive(Deserialize)]
struct Digits {
    name: String,
    text: String,
    bytes: Option<String>,
    reason: String,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

fn read<T: for<'a> Deserialize<'a>>(name: &str) -> Vec<T> {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    serde_json::from_str::<File<T>>(&text).unwrap().cases
}

fn unhex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

/// All the documents by name, and the keys.
struct City {
    roots: BTreeMap<String, PublicKey>,
    trust: BTreeMap<String, Vec<u8>>,
    scenes: BTreeMap<String, Vec<u8>>,
    status: BTreeMap<String, Vec<u8>>,
}

impl City {
    fn read() -> Self {
        let documents = |name| {
            let all = read::<Document>(name);
            all.into_iter().map(|case| (case.name, unhex(&case.bytes))).collect()
        };
        let key = |key: Key| (key.name, PublicKey::from_spki_der(&unhex(&key.spki)).unwrap());
        Self {
            roots: read("keys.json").into_iter().map(key).collect(),
            trust: documents("trust-lists.json"),
            scenes: documents("scenes.json"),
            status: documents("status-lists.json"),
        }
    }

    fn trust(&self, name: &str, root: &str) -> Result<VerifiedTrustList, Reason> {
        VerifiedTrustList::verify(&self.trust[name], &[self.roots[root]], &P256Backend)
    }

    /// Documents first, as a verifier loads them, then the code.
    fn judge(&self, case: &Case) -> Result<Verdict, Reason> {
        let trust = self.trust(&case.trust, &case.root)?;
        let scene = match &case.scenes {
            None => ScenePolicy::any(),
            Some(name) => {
                let policies = VerifiedScenePolicies::verify(&self.scenes[name], &trust, case.now)?;
                policies.scene(case.scene)?.clone()
            }
        };
        let lists = case
            .status
            .iter()
            .map(|name| VerifiedStatusList::verify(&self.status[name], &trust, case.now));
        let challenge = case.challenge.as_ref().map(|shown| Challenge {
            audience: shown.audience.clone(),
            nonce: unhex(&shown.nonce),
        });
        let question = Question {
            code: &case.code,
            now: case.now,
            newest_signed_time: case.newest_signed_time,
            scene: &scene,
            challenge: challenge.as_ref(),
            online: case.online,
            operator: &case.operator,
        };
        let evidence = Evidence {
            backend: &P256Backend,
            trust: &trust,
            status: &Lists(lists.collect::<Result<_, _>>()?),
            replay: &UsedBy(case.used_by.as_deref()),
            passes: &NoCache,
        };
        Ok(verify(&question, &evidence))
    }
}

struct Lists(Vec<VerifiedStatusList>);

impl StatusSource for Lists {
    fn status(&self, reference: &StatusReference<'_>) -> StatusAnswer {
        let own = self.0.iter().filter(|list| list.uri() == reference.uri());
        match own.max_by_key(|list| list.issued_at()) {
            None if self.0.is_empty() => StatusAnswer::Missing,
            None => StatusAnswer::Foreign,
            Some(list) => {
                list.status(reference.position).map_or(StatusAnswer::OutOfRange, |status| {
                    let (issued_at, expires_at) = (list.issued_at(), list.expires_at());
                    StatusAnswer::Known { status, issued_at, expires_at }
                })
            }
        }
    }
}

struct UsedBy<'a>(Option<&'a str>);

impl ReplayMemory for UsedBy<'_> {
    fn check_and_remember(&self, _: ReplayKey, operator: &str, _: u64) -> Use {
        self.0.map_or(Use::First, |by| Use::Again { same_operator: by == operator })
    }
}

#[test]
fn making_them_again_gives_the_same_bytes() {
    for (name, text) in vectors::files() {
        let published = std::fs::read_to_string(folder().join(name)).unwrap();
        assert!(
            text == published,
            "{name} differs: run the make-vectors example and read its diff"
        );
    }
}

#[test]
fn fuzz_targets_start_from_the_vectors() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/__fuzz__");
    for (target, inputs) in vectors::corpus::all() {
        for (number, input) in inputs.iter().enumerate() {
            let file = folder.join(target).join(format!("corpus/{number:03}"));
            assert!(std::fs::read(&file).unwrap() == *input, "{target} {number}");
        }
    }
}

#[test]
fn names_are_unique() {
    for file in ["passes.json", "codes.json", "verify.json"] {
        let names: Vec<_> = read::<Case>(file).into_iter().map(|case| case.name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{file}");
    }
}

#[test]
fn each_code_gives_its_verdict() {
    let city = City::read();
    let mut seen = BTreeSet::new();
    for file in ["passes.json", "codes.json", "verify.json"] {
        for case in read::<Case>(file) {
            let verdict =
                city.judge(&case).unwrap_or_else(|reason| Verdict::refuse(reason, case.scene));
            let name = format!("{file}: {}", case.name);
            assert_eq!(verdict.reason().code(), case.reason, "{name}");
            assert_eq!(verdict.decision() == Decision::Accept, case.decision == "accept", "{name}");
            if case.level.is_some() {
                assert_eq!(verdict.level(), case.level, "{name}");
            }
            seen.insert(verdict.reason().code());
        }
    }
    // What only a cache, a register or a venue's disk can find has no vector of a code.
    let elsewhere = [
        Reason::TrustMissing,
        Reason::TrustRollback,
        Reason::ScenesRollback,
        Reason::StatusRollback,
        Reason::HolderUnknown,
        Reason::ClassDenied,
        Reason::ConsentDenied,
        Reason::ConsentExpired,
        Reason::ConsentNeeded,
        Reason::ScannerWithdrawn,
        Reason::ReplayMemory,
        Reason::UsesUnknown,
        Reason::NumberNotHere,
        Reason::NumberMistyped,
        Reason::NumberUnknown,
    ];
    for reason in Reason::ALL {
        assert_ne!(seen.contains(reason.code()), elsewhere.contains(reason), "{reason}");
    }
}

#[test]
fn each_venue_code_is_read_or_refused() {
    let city = City::read();
    let cases = read::<VenueCase>("venue-codes.json");
    for case in &cases {
        let trust = city.trust(&case.verified_with, "root").unwrap();
        let read = VenueCode::verify(&case.text, &trust, case.now);
        let outcome = match &read {
            Ok(_) => "OK",
            Err(VenueCodeFault::Malformed) => "MALFORMED",
            Err(VenueCodeFault::Signature) => "SIGNATURE",
            Err(VenueCodeFault::Expired) => "EXPIRED",
        };
        assert_eq!(outcome, case.outcome, "{}", case.name);
        let says = read.ok().map(|code| Says {
            venue: code.venue,
            device: code.device,
            scene: code.scene,
            exp: code.exp,
            iat: code.iat,
            nonce: code.nonce.map(|nonce| HEXLOWER.encode(&nonce)),
        });
        assert_eq!(says, case.says, "{}", case.name);
    }
    let outcomes: BTreeSet<_> = cases.iter().map(|case| case.outcome.as_str()).collect();
    assert_eq!(outcomes.len(), 4, "at least one case of each");
}

#[test]
fn each_trust_list_gives_its_reason() {
    let city = City::read();
    for case in read::<Document>("trust-lists.json") {
        let reason = match city.trust(&case.name, &case.verified_with) {
            Err(reason) => reason,
            Ok(list) if list.version() < case.held_version => Reason::TrustRollback,
            // Expiry and clock are checked when the list is used.
            Ok(_) => {
                let used = read::<Case>("verify.json").remove(0).with(|used| {
                    (used.trust, used.now) = (case.name.clone(), case.now);
                    (used.scenes, used.scene, used.status) = (None, 0, Vec::new());
                });
                let reason = city.judge(&used).unwrap().reason();
                let of_the_list = [Reason::TrustExpired, Reason::VerifierClockBehind];
                if of_the_list.contains(&reason) { reason } else { Reason::Ok }
            }
        };
        assert_eq!(reason.code(), case.reason, "{}", case.name);
    }
}

#[test]
fn each_document_gives_its_reason() {
    let city = City::read();
    let check = |case: &Document, version: Result<u64, Reason>| {
        let reason = match version {
            Err(reason) => reason,
            Ok(version) if version < case.held_version => Reason::ScenesRollback,
            Ok(_) => Reason::Ok,
        };
        assert_eq!(reason.code(), case.reason, "{}", case.name);
    };
    for case in read::<Document>("scenes.json") {
        let trust = city.trust(&case.verified_with, "root").unwrap();
        let policies = VerifiedScenePolicies::verify(&unhex(&case.bytes), &trust, case.now);
        check(&case, policies.map(|policies| policies.version()));
    }
    for case in read::<Document>("status-lists.json") {
        let trust = city.trust(&case.verified_with, "root").unwrap();
        let list = VerifiedStatusList::verify(&unhex(&case.bytes), &trust, case.now);
        check(&case, list.map(|_| 0));
    }
}

#[test]
fn each_text_gives_its_bytes_or_its_reason() {
    for case in read::<Digits>("digits.json") {
        let bytes = digits::decode(&case.text);
        assert_eq!(bytes.as_ref().map_or_else(|reason| reason.code(), |_| "OK"), case.reason);
        assert_eq!(bytes.ok(), case.bytes.as_deref().map(unhex), "{}", case.name);
    }
}
