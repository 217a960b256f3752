//! Deviations of the pass: its form, its signature, its claims, its day.

use ciborium::Value;
use p256::ecdsa::VerifyingKey;
use szid_protocol::level::{IdentityLevel, KeyProtection};
use szid_protocol::pass::PassClaims;

use super::case::{Case, hex};
use super::city::{DAY, Role, TODAY, code_over, pass, pass_claims};
use super::forge::{Layer, Map, cbor, int, patch, read};

const SZ_PASS: i64 = -65_537;

/// A case for a pass, put into an otherwise good code.
fn case(name: &str, reason: &str, pass: &[u8]) -> Case {
    Case::new(name, reason, &wrap(pass)).with(|case| case.pass = Some(hex(pass)))
}

/// A code over anything, signed by the device: the library lays out codes over passes only.
pub(super) fn wrap(pass: &[u8]) -> Vec<u8> {
    let good = super::city::pass(|_| ());
    let mut layer = Layer::read(&code_over(&good, |_| ()));
    layer.protected = [&[0xa2, 1, 0x26, 13], pass].concat();
    layer.sign(Role::Device).bytes()
}

fn forged(change: impl FnOnce(&mut Layer)) -> Vec<u8> {
    let mut layer = Layer::read(&pass(|_| ()));
    change(&mut layer);
    layer.sign(Role::Pass).bytes()
}

fn claims(change: impl FnOnce(&mut Map)) -> Vec<u8> {
    forged(|layer| layer.claims(change))
}

fn own(key: i64, value: i64) -> Vec<u8> {
    claims(|claims| claims.within(SZ_PASS, |own| own.set(key, int(value))))
}

fn signed(role: Role) -> Vec<u8> {
    pass_claims().sign(&role.signer()).unwrap()
}

fn patched(from: &[u8], to: &[u8]) -> Vec<u8> {
    forged(|layer| layer.payload = patch(&layer.payload, from, to))
}

/// An x below the field prime that no point of the curve has.
fn x_off_the_curve() -> Vec<u8> {
    let candidates = (1..=255u8).map(|last| [vec![0; 31], vec![last]].concat());
    candidates
        .into_iter()
        .find(|x| VerifyingKey::from_sec1_bytes(&[&[2], &x[..]].concat()).is_err())
        .unwrap()
}

fn device_key(change: impl FnOnce(&mut Map)) -> Vec<u8> {
    claims(|claims| claims.within(8, |cnf| cnf.within(1, change)))
}

fn good() -> Vec<Case> {
    let level = |name: &str, change: fn(&mut PassClaims), level| {
        case(name, "OK", &pass(change)).with(|case| {
            (case.scenes, case.scene, case.level) = (None, 0, Some(level));
        })
    };
    let issued = |name: &str, change: fn(&mut PassClaims)| case(name, "OK", &pass(change));
    vec![
        issued("default", |_| ()),
        issued("with concessions", |claims| claims.concessions = Some(0b0010_0001)),
        issued("with every concession bit", |claims| claims.concessions = Some(u16::MAX)),
        issued("named", |claims| claims.masked_name = Some("林**".into())),
        issued("named, with the longest name and concessions", |claims| {
            claims.masked_name = Some("阿卜杜热合曼江".chars().chain("***".chars()).collect());
            claims.concessions = Some(1);
        }),
        level("identity level 1", |claims| claims.identity_level = IdentityLevel::Phone, 1),
        level("identity level 3", |claims| claims.identity_level = IdentityLevel::RealPerson, 3),
        level("software key", |claims| claims.key_protection = KeyProtection::Software, 2),
        level("certified key", |claims| claims.key_protection = KeyProtection::Certified, 4),
        case("signed by a key that the list names three times", "OK", &signed(Role::PassTwice)),
    ]
}

fn malformed() -> Vec<Case> {
    let bad = |name: &str, pass: &[u8]| case(name, "MALFORMED", pass);
    let whole = pass(|_| ());
    vec![
        bad("tagged", &forged(|layer| layer.tag = Some(18))),
        bad(
            "unprotected header",
            &forged(|layer| {
                layer.unprotected = Value::Map(vec![(int(4), Value::Bytes(vec![1]))]);
            }),
        ),
        bad("array of five", &{
            let mut parts = read(&whole).into_array().unwrap();
            parts.push(Value::Null);
            cbor(&Value::Array(parts))
        }),
        bad("signature of 63 bytes", &{
            let mut layer = Layer::read(&whole);
            layer.signature.pop();
            layer.bytes()
        }),
        bad("payload left out", &{
            let mut parts = read(&whole).into_array().unwrap();
            parts[2] = Value::Null;
            cbor(&Value::Array(parts))
        }),
        bad(
            "key id of 7 bytes",
            &forged(|layer| {
                layer.header(|header| header.set(4, Value::Bytes(vec![1; 7])));
            }),
        ),
        bad("header without a key id", &forged(|layer| layer.header(|header| header.remove(4)))),
        bad("further header", &forged(|layer| layer.header(|header| header.insert(2, 16, int(0))))),
        bad("further claim before", &claims(|claims| claims.insert(0, 1, "issuer"))),
        bad("further claim after", &claims(|claims| claims.insert(3, -65_600, int(0)))),
        bad("claims of a code", &claims(|claims| claims.insert(3, -65_538, int(0)))),
        bad("without exp", &claims(|claims| claims.remove(4))),
        bad("exp as text", &claims(|claims| claims.set(4, "1768492800"))),
        bad("negative exp", &claims(|claims| claims.set(4, int(-1)))),
        bad("exp as a float", &claims(|claims| claims.set(4, Value::Float(1_768_492_800.5)))),
        bad("status index missing", &claims(|claims| claims.within(SZ_PASS, |own| own.remove(4)))),
        bad(
            "unknown field 6",
            &claims(|claims| claims.within(SZ_PASS, |own| own.insert(4, 6, int(1)))),
        ),
        bad(
            "identity data with a full name and more",
            &claims(|claims| {
                let data = vec![(int(4), "林".into()), (int(8), "19880315".into())];
                claims.insert(2, 169, Value::Map(data));
            }),
        ),
        bad("claims followed by a byte", &forged(|layer| layer.payload.push(0))),
        bad("device key of another type", &device_key(|key| key.set(1, int(1)))),
        bad("device key of another curve", &device_key(|key| key.set(-1, int(2)))),
        bad("device key with a whole y", &device_key(|key| key.set(-3, Value::Bytes(vec![1; 32])))),
        bad(
            "device key with x of 31 bytes",
            &device_key(|key| key.set(-2, Value::Bytes(vec![1; 31]))),
        ),
        bad(
            "private key beside the device key",
            &device_key(|key| {
                key.insert(4, -4, Value::Bytes(vec![1; 8]));
            }),
        ),
        bad("name that is not UTF-8", &{
            let named = pass(|claims| claims.masked_name = Some("ab".into()));
            let mut layer = Layer::read(&named);
            layer.payload = patch(&layer.payload, b"\x62ab", b"\x62\xff\xfe");
            layer.sign(Role::Pass).bytes()
        }),
        // The next key stands before it, and that is not what is wrong first.
        bad("a text for a key", &{
            let exp = &TODAY.to_be_bytes()[4..];
            patched(&[&[0x04, 0x1a], exp].concat(), &[&[0x61, b'a', 0x1a], exp].concat())
        }),
        bad("a code in the pass's place", &code_over(&whole, |_| ())),
    ]
}

fn not_canonical() -> Vec<Case> {
    let exp = TODAY.to_be_bytes();
    let bad = |name: &str, pass: &[u8]| case(name, "NOT_CANONICAL", pass);
    vec![
        bad(
            "long integer",
            &patched(&[&[0x04, 0x1a], &exp[4..]].concat(), &[&[0x04, 0x1b], &exp[..]].concat()),
        ),
        bad(
            "map of indefinite length",
            &forged(|layer| {
                layer.payload[0] = 0xbf;
                layer.payload.push(0xff);
            }),
        ),
        bad("long form of a map key", &patched(&[0x08, 0xa1, 0x01], &[0x18, 0x08, 0xa1, 0x01])),
        bad("long form of a byte string's length", &patched(&[0x58, 0x20], &[0x59, 0x00, 0x20])),
        bad(
            "the same claim twice",
            &claims(|claims| {
                let exp = claims.at(4).clone();
                claims.insert(1, 4, exp);
            }),
        ),
        bad(
            "keys out of order",
            &claims(|claims| {
                claims.within(SZ_PASS, |own| {
                    own.insert(1, 0, int(0));
                })
            }),
        ),
    ]
}

fn signature_and_values() -> Vec<Case> {
    let bad_claims = |name: &str, pass: &[u8]| case(name, "PASS_CLAIMS", pass);
    vec![
        case(
            "another algorithm",
            "ALGORITHM_UNKNOWN",
            &forged(|layer| {
                layer.header(|header| header.set(1, int(-35)));
            }),
        ),
        case("profile 2", "PROFILE_UNKNOWN", &own(1, 2)),
        case("key that is not in the list", "ISSUER_UNKNOWN", &signed(Role::Unlisted)),
        case("status key", "KEY_PURPOSE", &signed(Role::Status)),
        case("root key", "ISSUER_UNKNOWN", &signed(Role::Root)),
        case("key that is valid from the next second", "KEY_NOT_VALID", &signed(Role::PassLater)),
        case("key that ends this second", "KEY_NOT_VALID", &signed(Role::PassEnded)),
        case("another key under the pass key's id", "PASS_SIGNATURE", &{
            Layer::read(&pass(|_| ())).sign(Role::Unlisted).bytes()
        }),
        case("index changed after signing", "PASS_SIGNATURE", &{
            let mut layer = Layer::read(&pass(|_| ()));
            layer.claims(|claims| claims.within(SZ_PASS, |own| own.set(4, int(78))));
            layer.bytes()
        }),
        case("signature of zeros", "PASS_SIGNATURE", &{
            let mut layer = Layer::read(&pass(|_| ()));
            layer.signature = vec![0; 64];
            layer.bytes()
        }),
        bad_claims("identity level 0", &own(2, 0)),
        bad_claims("identity level 5", &own(2, 5)),
        bad_claims("key protection 0", &own(3, 0)),
        bad_claims("key protection 5", &own(3, 5)),
        bad_claims("status index 2^32", &own(4, 1 << 32)),
        bad_claims(
            "concessions 2^16",
            &claims(|claims| {
                claims.within(SZ_PASS, |own| own.insert(4, 5, int(1 << 16)));
            }),
        ),
        bad_claims(
            "empty name",
            &claims(|claims| {
                claims.insert(2, 169, Value::Map(vec![(int(4), "".into())]));
            }),
        ),
        bad_claims(
            "name of 25 bytes",
            &claims(|claims| {
                claims.insert(2, 169, Value::Map(vec![(int(4), "*".repeat(25).into())]));
            }),
        ),
        bad_claims("exp that is no end of a day", &pass(|claims| claims.exp = TODAY + 1)),
        case(
            "device key off the curve",
            "DEVICE_KEY",
            &device_key(|key| {
                key.set(-2, Value::Bytes(x_off_the_curve()));
            }),
        ),
        case(
            "device key with x above the field prime",
            "DEVICE_KEY",
            &device_key(|key| {
                key.set(-2, Value::Bytes(vec![255; 32]));
            }),
        ),
        case("pass of yesterday", "PASS_EXPIRED", &pass(|claims| claims.exp = TODAY - DAY)),
        case("pass of tomorrow", "PASS_NOT_YET_VALID", &pass(|claims| claims.exp = TODAY + DAY)),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    [good(), malformed(), not_canonical(), signature_and_values()].concat()
}
