//! The signed documents: trust lists, scene policies and status lists, good and bad.

use ciborium::Value;
use serde::{Deserialize, Serialize};
use szid_protocol::scene::{ConsentRule, ReplayRule, ScenePolicies, ScenePolicy};
use szid_protocol::status::{StatusBits, StatusList, list_uri};
use szid_protocol::trust::TrustList;

use super::case::hex;
use super::city::{DAY, INDEX, NOW, PREFIX, Role, TODAY, trust_list};
use super::forge::{Layer, Map, int};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DocumentCase {
    pub(crate) name: String,
    /// The document.
    pub(crate) bytes: String,
    /// For a trust list the root key, else the trust list, by name.
    pub(crate) verified_with: String,
    pub(crate) now: u64,
    /// The version that the verifier holds already; 0 for none.
    pub(crate) held_version: u64,
    pub(crate) reason: String,
}

fn case(name: &str, reason: &str, verified_with: &str, bytes: &[u8]) -> DocumentCase {
    DocumentCase {
        name: name.into(),
        bytes: hex(bytes),
        verified_with: verified_with.into(),
        now: NOW,
        held_version: 0,
        reason: reason.into(),
    }
}

fn forged(bytes: &[u8], role: Role, change: impl FnOnce(&mut Layer)) -> Vec<u8> {
    let mut layer = Layer::read(bytes);
    change(&mut layer);
    layer.sign(role).bytes()
}

/// Changes the first key of a trust list, which is the pass key.
fn first_key(change: impl FnOnce(&mut Map)) -> impl FnOnce(&mut Layer) {
    move |layer| {
        layer.claims(|claims| {
            claims.within(-65_539, |own| {
                let keys = own.at(2).as_array_mut().unwrap();
                let mut key = Map(keys[0].as_map().unwrap().clone());
                change(&mut key);
                keys[0] = Value::Map(key.0);
            });
        });
    }
}

pub(crate) fn trust_lists() -> Vec<DocumentCase> {
    let root = Role::Root.signer();
    let signed = |change: fn(&mut TrustList)| {
        let mut list = trust_list();
        change(&mut list);
        list.sign(&root).unwrap()
    };
    let good = signed(|_| ());
    let rooted = |name: &str, reason: &str, bytes: &[u8]| case(name, reason, "root", bytes);
    let made = |name: &str, change: Box<dyn FnOnce(&mut Layer)>| {
        rooted(name, "TRUST_MALFORMED", &forged(&good, Role::Root, change))
    };
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut cases = vec![
        rooted("good", "OK", &good),
        rooted("version 8", "OK", &signed(|list| list.version = 8)),
        rooted("last second", "OK", &signed(|list| list.exp = NOW + 1)),
        rooted("expired", "TRUST_EXPIRED", &signed(|list| list.exp = NOW)),
        rooted("made 30 s ahead of the clock", "OK", &signed(|list| list.iat = NOW + 30)),
        rooted(
            "made 31 s ahead of the clock",
            "VERIFIER_CLOCK_BEHIND",
            &signed(|list| list.iat = NOW + 31),
        ),
        rooted("without keys", "OK", &signed(|list| list.keys.clear())),
        rooted(
            "pass key of another algorithm",
            "OK",
            &forged(&good, Role::Root, first_key(|key| key.set(2, int(-65_600)))),
        ),
        rooted(
            "pass key of another algorithm and of another form",
            "OK",
            &forged(
                &good,
                Role::Root,
                first_key(|key| {
                    key.set(2, int(-65_600));
                    key.set(3, Value::Array(vec![Value::Bytes(vec![4; 65]), Value::Bool(true)]));
                }),
            ),
        ),
        rooted(
            "pass key of an unknown purpose",
            "OK",
            &forged(
                &good,
                Role::Root,
                first_key(|key| {
                    key.set(4, int(99));
                    key.remove(7);
                }),
            ),
        ),
        case(
            "signed by another root",
            "TRUST_SIGNATURE",
            "root",
            &trust_list().sign(&Role::OtherRoot.signer()).unwrap(),
        ),
        case("verified with another root", "TRUST_SIGNATURE", "other-root", &good),
        rooted(
            "signed by another root under the root's key id",
            "TRUST_SIGNATURE",
            &Layer::read(&good).sign(Role::OtherRoot).bytes(),
        ),
        rooted("one bit of the signature flipped", "TRUST_SIGNATURE", &flipped),
        rooted(
            "another algorithm",
            "TRUST_SIGNATURE",
            &forged(&good, Role::Root, |layer| layer.header(|header| header.set(1, int(-9)))),
        ),
        made("without the tag", Box::new(|layer| layer.tag = None)),
        made("another tag", Box::new(|layer| layer.tag = Some(61))),
        made(
            "another type",
            Box::new(|layer| {
                layer.header(|header| header.set(16, Value::from("application/szid-scenes+cwt")));
            }),
        ),
        made("pass key without a status prefix", Box::new(first_key(|key| key.remove(7)))),
        made(
            "key id that is not the key's",
            Box::new(first_key(|key| key.set(1, Value::Bytes(vec![0; 8])))),
        ),
        made(
            "key off the curve",
            Box::new(first_key(|key| {
                key.within(3, |cose| cose.set(-2, Value::Bytes(vec![255; 32])));
            })),
        ),
        made(
            "unknown field",
            Box::new(|layer| {
                layer.claims(|claims| claims.within(-65_539, |own| own.insert(2, 3, int(0))))
            }),
        ),
        rooted("cut", "TRUST_MALFORMED", &good[..good.len() - 1]),
        rooted("empty", "TRUST_MALFORMED", &[]),
    ];
    cases.push(DocumentCase { held_version: 7, ..rooted("same version again", "OK", &good) });
    cases.push(DocumentCase { held_version: 8, ..rooted("rolled back", "TRUST_ROLLBACK", &good) });
    cases
}

fn policies() -> ScenePolicies {
    let scene = |id: u16, name_zh: &str, name_en: &str| ScenePolicy {
        id,
        name_zh: name_zh.into(),
        name_en: name_en.into(),
        trust_max_age: 604_800,
        status_max_age: 86_400,
        ..ScenePolicy::any()
    };
    ScenePolicies {
        version: 3,
        iat: NOW - 1800,
        exp: NOW + 30 * DAY,
        scenes: vec![
            ScenePolicy { replay: ReplayRule::Gate, ..scene(1, "闸机", "gate") },
            ScenePolicy {
                min_level: 3,
                classes: vec![111, 414],
                claims: vec![2, 5, 10],
                consent: ConsentRule::Notice,
                retention_days: 1095,
                ..scene(2, "前台", "desk")
            },
            ScenePolicy {
                challenge: true,
                consent: ConsentRule::Ask,
                consent_seconds: 60,
                consent_tier: 2,
                case: true,
                ..scene(3, "自助终端", "terminal")
            },
            ScenePolicy { offline: false, ..scene(4, "须联网", "online only") },
            ScenePolicy {
                trust_max_age: 3599, ..scene(5, "信任清单新鲜", "fresh trust list")
            },
            ScenePolicy {
                status_max_age: 599, ..scene(6, "状态清单新鲜", "fresh status list")
            },
            ScenePolicy { min_level: 4, ..scene(7, "四级", "level 4") },
            ScenePolicy {
                trust_max_age: 3600,
                status_max_age: 600,
                ..scene(8, "刚好", "just fresh enough")
            },
        ],
    }
}

pub(crate) fn scene_policies() -> Vec<DocumentCase> {
    let signer = Role::Scenes.signer();
    let signed = |change: fn(&mut ScenePolicies)| {
        let mut document = policies();
        change(&mut document);
        document.sign(&signer).unwrap()
    };
    let good = signed(|_| ());
    let listed = |name: &str, reason: &str, bytes: &[u8]| case(name, reason, "good", bytes);
    let first_scene = |change: fn(&mut Map)| {
        forged(&good, Role::Scenes, |layer| {
            layer.claims(|claims| {
                claims.within(-65_540, |own| {
                    let scenes = own.at(2).as_array_mut().unwrap();
                    let mut scene = Map(scenes[0].as_map().unwrap().clone());
                    change(&mut scene);
                    scenes[0] = Value::Map(scene.0);
                });
            });
        })
    };
    let malformed =
        |name: &str, change: fn(&mut Map)| listed(name, "SCENES_MALFORMED", &first_scene(change));
    vec![
        listed("good", "OK", &good),
        listed("last second", "OK", &signed(|document| document.exp = NOW + 1)),
        listed("expired", "SCENES_EXPIRED", &signed(|document| document.exp = NOW)),
        listed("without scenes", "OK", &signed(|document| document.scenes.clear())),
        listed(
            "signed by a status key",
            "SCENES_SIGNATURE",
            &policies().sign(&Role::Status.signer()).unwrap(),
        ),
        listed(
            "signed by an unlisted key",
            "SCENES_SIGNATURE",
            &policies().sign(&Role::Unlisted.signer()).unwrap(),
        ),
        listed("claims changed under the signature", "SCENES_SIGNATURE", &{
            let mut layer = Layer::read(&good);
            layer.claims(|claims| claims.set(4, int((NOW + DAY) as i64)));
            layer.bytes()
        }),
        case("verified with a trust list without keys", "SCENES_SIGNATURE", "without keys", &good),
        malformed("scene 0", |scene| scene.set(1, int(0))),
        malformed("scene number twice", |scene| scene.set(1, int(2))),
        malformed("level 5", |scene| scene.set(4, int(5))),
        malformed("empty name", |scene| scene.set(2, "")),
        malformed("unknown replay rule", |scene| scene.set(12, int(3))),
        malformed("unknown consent rule", |scene| scene.set(7, int(3))),
        malformed("number for a truth value", |scene| scene.set(9, int(1))),
        malformed("field missing", |scene| scene.remove(14)),
        malformed("unknown field", |scene| scene.insert(14, 15, int(0))),
        listed("cut", "SCENES_MALFORMED", &good[..good.len() - 1]),
        DocumentCase { held_version: 4, ..listed("rolled back", "SCENES_ROLLBACK", &good) },
    ]
}

fn status_list(change: impl FnOnce(&mut StatusList)) -> StatusList {
    let mut statuses = StatusBits::new(1 << 20, 2).unwrap();
    for (position, value) in [(100, 1), (101, 2), (102, 3), ((1 << 20) - 1, 1)] {
        assert!(statuses.set(position, value));
    }
    let mut list = StatusList {
        uri: list_uri(PREFIX, TODAY, INDEX >> 20),
        iat: NOW - 600,
        exp: TODAY + 3600,
        ttl: 300,
        statuses,
    };
    change(&mut list);
    list
}

pub(crate) fn status_lists() -> Vec<DocumentCase> {
    let signer = Role::Status.signer();
    let signed = |change: fn(&mut StatusList)| status_list(change).sign(&signer).unwrap();
    let good = signed(|_| ());
    let listed = |name: &str, reason: &str, bytes: &[u8]| case(name, reason, "good", bytes);
    let made = |name: &str, change: fn(&mut Map)| {
        let bytes = forged(&good, Role::Status, |layer| layer.claims(change));
        listed(name, "STATUS_MALFORMED", &bytes)
    };
    let lst = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
    let with_list = |name: &str, list: Value| {
        let bytes = forged(&good, Role::Status, |layer| {
            layer.claims(|claims| {
                let map = claims.at(65_533).as_map_mut().unwrap();
                map[0].1 = list;
            });
        });
        listed(name, "STATUS_MALFORMED", &bytes)
    };
    vec![
        listed("today", "OK", &good),
        listed(
            "today, one more person suspended",
            "OK",
            &signed(|list| {
                list.iat = NOW - 10;
                assert!(list.statuses.set(77, 2));
            }),
        ),
        listed(
            "today, one bit each",
            "OK",
            &signed(|list| list.statuses = StatusBits::new(1 << 20, 1).unwrap()),
        ),
        listed(
            "today, eight bits each",
            "OK",
            &signed(|list| list.statuses = StatusBits::new(1 << 12, 8).unwrap()),
        ),
        listed(
            "today, with room for 64",
            "OK",
            &signed(|list| list.statuses = StatusBits::new(64, 2).unwrap()),
        ),
        listed("today, last second", "OK", &signed(|list| list.exp = NOW + 1)),
        listed("today, expired", "OK", &signed(|list| list.exp = NOW)),
        listed(
            "today, expired, the person suspended",
            "OK",
            &signed(|list| {
                list.exp = NOW;
                assert!(list.statuses.set(77, 2));
            }),
        ),
        listed("today, made 30 s ahead of the clock", "OK", &signed(|list| list.iat = NOW + 30)),
        listed("today, made 31 s ahead of the clock", "OK", &signed(|list| list.iat = NOW + 31)),
        listed(
            "tomorrow",
            "OK",
            &signed(|list| {
                list.uri = list_uri(PREFIX, TODAY + DAY, INDEX >> 20);
                list.exp = TODAY + DAY + 3600;
            }),
        ),
        listed(
            "today, list 4",
            "OK",
            &signed(|list| list.uri = list_uri(PREFIX, TODAY, (INDEX >> 20) + 1)),
        ),
        listed(
            "of another issuer",
            "OK",
            &signed(|list| {
                list.uri = list_uri("https://other.example/status/", TODAY, INDEX >> 20)
            }),
        ),
        listed(
            "signed by a pass key",
            "STATUS_SIGNATURE",
            &status_list(|_| ()).sign(&Role::Pass.signer()).unwrap(),
        ),
        listed(
            "signed by an unlisted key",
            "STATUS_SIGNATURE",
            &status_list(|_| ()).sign(&Role::Unlisted.signer()).unwrap(),
        ),
        listed("one bit of the signature flipped", "STATUS_SIGNATURE", &{
            let mut flipped = good.clone();
            *flipped.last_mut().unwrap() ^= 1;
            flipped
        }),
        made("three bits each", |claims| {
            claims.at(65_533).as_map_mut().unwrap()[1].1 = int(3);
        }),
        made("without ttl", |claims| claims.remove(65_534)),
        made("empty URI", |claims| claims.set(2, "")),
        with_list("not zlib", lst(b"no zlib stream")),
        // An empty zlib stream of a good form is a list without entries; a byte after it is one too many.
        with_list("bytes after the zlib stream", lst(&[0x78, 0xda, 3, 0, 0, 0, 0, 1, 0])),
        with_list("cut zlib stream", lst(&[0x78, 0xda, 3, 0, 0, 0])),
        listed("inflates past 2^20 entries", "STATUS_MALFORMED", &{
            // Four bits each in as many bytes as two bits each may fill at most.
            let wide = signed(|list| list.statuses = StatusBits::new(1 << 20, 4).unwrap());
            forged(&wide, Role::Status, |layer| {
                layer.claims(|claims| {
                    claims.at(65_533).as_map_mut().unwrap()[1].1 = int(2);
                });
            })
        }),
        listed("without the tag", "STATUS_MALFORMED", &{
            forged(&good, Role::Status, |layer| layer.tag = None)
        }),
    ]
}

/// Indices of passes that "today" does not list as valid.
pub(super) const REVOKED: u32 = (3 << 20) + 100;
pub(super) const SUSPENDED: u32 = (3 << 20) + 101;
pub(super) const OTHER_STATUS: u32 = (3 << 20) + 102;
pub(super) const LAST_REVOKED: u32 = (4 << 20) - 1;
