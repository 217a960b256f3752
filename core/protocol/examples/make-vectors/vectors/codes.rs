//! Deviations of the device's layer: its text, its form, its signature, its claims.

use ciborium::Value;
use p256::ecdsa::Signature;
use szid_protocol::code::{Challenge, CodeClaims};
use szid_protocol::digits;
use szid_protocol::level::AuthenticationTier;

use super::case::{Case, Shown, hex};
use super::city::{NOW, Role, code, code_over, pass};
use super::forge::{Layer, Map, cbor, int, patch, read};

const SZ_CODE: i64 = -65_538;

fn case(name: &str, reason: &str, code: &[u8]) -> Case {
    Case::new(name, reason, code).with(|case| case.bytes = Some(hex(code)))
}

fn text(name: &str, reason: &str, text: String) -> Case {
    Case::new(name, reason, &[]).with(|case| case.code = text)
}

fn forged_over(code: &[u8], change: impl FnOnce(&mut Layer)) -> Vec<u8> {
    let mut layer = Layer::read(code);
    change(&mut layer);
    layer.sign(Role::Device).bytes()
}

fn forged(change: impl FnOnce(&mut Layer)) -> Vec<u8> {
    forged_over(&code(|_| ()), change)
}

fn claims(change: impl FnOnce(&mut Map)) -> Vec<u8> {
    forged(|layer| layer.claims(change))
}

fn own(key: i64, value: i64) -> Vec<u8> {
    claims(|claims| claims.within(SZ_CODE, |own| own.set(key, int(value))))
}

pub(super) fn challenge(audience: &str, nonce: &[u8]) -> Challenge {
    Challenge { audience: audience.into(), nonce: nonce.to_vec() }
}

pub(super) fn shown(audience: &str, nonce: &[u8]) -> Option<Shown> {
    Some(Shown { audience: audience.into(), nonce: hex(nonce) })
}

/// Signed by the device like the library would, with an answer that the library refuses to write.
fn answering(audience: &str, nonce: &[u8]) -> Vec<u8> {
    claims(|claims| {
        claims.insert(0, 3, audience);
        claims.insert(2, 10, Value::Bytes(nonce.to_vec()));
    })
}

/// The other signature that anybody can make of one: n - s in place of s.
pub(super) fn with_the_twin_signature(code: &[u8]) -> Vec<u8> {
    let mut layer = Layer::read(code);
    let signature = Signature::from_slice(&layer.signature).unwrap();
    let (r, s) = signature.split_scalars();
    layer.signature =
        Signature::from_scalars(r.to_bytes(), (-s).to_bytes()).unwrap().to_bytes().to_vec();
    layer.bytes()
}

fn good() -> Vec<Case> {
    let drawn = |name: &str, change: fn(&mut CodeClaims)| case(name, "OK", &code(change));
    let any_scene = |name: &str, tier, level| {
        case(name, "OK", &code(|claims| claims.tier = tier)).with(|case| {
            (case.scenes, case.scene, case.level) = (None, 0, Some(level));
        })
    };
    vec![
        drawn("default", |_| ()),
        drawn("narrowed to scene 2", |claims| claims.scene = 2),
        any_scene("device credential", AuthenticationTier::DeviceCredential, 3),
        any_scene("app open", AuthenticationTier::AppOpen, 2),
        case("signature replaced by its twin", "OK", &with_the_twin_signature(&code(|_| ()))),
        case(
            "least challenge",
            "OK",
            &code(|claims| claims.challenge = Some(challenge("v", &[1; 8]))),
        )
        .with(|case| case.challenge = shown("v", &[1; 8])),
        case(
            "largest code: named, concessions, narrowed, longest challenge",
            "OK",
            &code_over(
                &pass(|claims| {
                    claims.masked_name = Some("阿卜杜热合曼江***".into());
                    claims.concessions = Some(u16::MAX);
                }),
                |claims| {
                    claims.scene = 2;
                    claims.challenge = Some(challenge("venue-0123456789abcdef", &[7; 16]));
                },
            ),
        )
        .with(|case| case.challenge = shown("venue-0123456789abcdef", &[7; 16])),
    ]
}

fn texts() -> Vec<Case> {
    let good = digits::encode(&code(|_| ()));
    vec![
        text("empty", "NOT_A_CITIZEN_CODE", String::new()),
        text("a payment code", "NOT_A_CITIZEN_CODE", "280123456789012345".into()),
        text("of version 2", "VERSION_UNKNOWN", good.replacen("07551", "07552", 1)),
        text("a letter among the digits", "TEXT_CHARACTER", good.replacen("07551", "07551O", 1)),
        text("last digit missing", "TEXT_LENGTH", good[..good.len() - 1].into()),
        text("scanned twice in one go", "TEXT_TOO_LONG", format!("{good}{good}")),
        text(
            "first group of nines",
            "TEXT_GROUP",
            format!("07551{}{}", "9".repeat(17), &good[22..]),
        ),
        text("last group missing", "MALFORMED", good[..good.len() - 3].into()),
    ]
}

fn malformed() -> Vec<Case> {
    let bad = |name: &str, code: &[u8]| case(name, "MALFORMED", code);
    let whole = code(|_| ());
    vec![
        bad("a pass in the code's place", &pass(|_| ())),
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
        bad("cut", &whole[..whole.len() - 1]),
        bad("followed by a byte", &[&whole[..], &[0]].concat()),
        bad(
            "pass as a byte string",
            &forged(|layer| {
                layer.header(|header| {
                    let pass = cbor(header.at(13));
                    header.set(13, Value::Bytes(pass));
                });
            }),
        ),
        bad(
            "key id in the header",
            &forged(|layer| {
                layer.header(|header| header.insert(1, 4, Value::Bytes(vec![1; 8])));
            }),
        ),
        bad("without a pass", &forged(|layer| layer.header(|header| header.remove(13)))),
        bad("audience without a nonce", &claims(|claims| claims.insert(0, 3, "venue"))),
        bad(
            "nonce without an audience",
            &claims(|claims| {
                claims.insert(1, 10, Value::Bytes(vec![1; 8]));
            }),
        ),
        bad("claims of a pass", &claims(|claims| claims.insert(1, -65_537, int(0)))),
        bad("without iat", &claims(|claims| claims.remove(6))),
        bad(
            "unknown field 3",
            &claims(|claims| claims.within(SZ_CODE, |own| own.insert(2, 3, int(0)))),
        ),
        // The next key stands before it, and that is not what is wrong first.
        bad("a byte string for a key", &{
            let iat = &NOW.to_be_bytes()[4..];
            let (before, after) =
                ([&[0x06, 0x1a], iat].concat(), [&[0x41, 0x06, 0x1a], iat].concat());
            forged(|layer| layer.payload = patch(&layer.payload, &before, &after))
        }),
        bad("one byte", &[0x84]),
        bad("empty array", &[0x80]),
        bad("array of a billion items", &[0x9a, 0x3b, 0x9a, 0xca, 0x00]),
    ]
}

fn not_canonical() -> Vec<Case> {
    let iat = NOW.to_be_bytes();
    let bad = |name: &str, code: &[u8]| case(name, "NOT_CANONICAL", code);
    let whole = code(|_| ());
    vec![
        bad("array of indefinite length", &[&[0x9f], &whole[1..], &[0xff]].concat()),
        bad("long form of the array's length", &[&[0x98, 4], &whole[1..]].concat()),
        bad(
            "long integer",
            &forged(|layer| {
                layer.payload = patch(
                    &layer.payload,
                    &[&[0x06, 0x1a], &iat[4..]].concat(),
                    &[&[0x06, 0x1b], &iat[..]].concat(),
                );
            }),
        ),
        bad(
            "the same claim twice",
            &claims(|claims| {
                let iat = claims.at(6).clone();
                claims.insert(1, 6, iat);
            }),
        ),
    ]
}

fn signature_and_values() -> Vec<Case> {
    let bad_claims = |name: &str, code: &[u8]| case(name, "CODE_CLAIMS", code);
    vec![
        case(
            "another algorithm",
            "ALGORITHM_UNKNOWN",
            &forged(|layer| {
                layer.header(|header| header.set(1, int(-9)));
            }),
        ),
        case("signed by another device", "CODE_SIGNATURE", &{
            Layer::read(&code(|_| ())).sign(Role::OtherDevice).bytes()
        }),
        case("time changed after signing", "CODE_SIGNATURE", &{
            let mut layer = Layer::read(&code(|claims| claims.iat = NOW - 3600));
            layer.claims(|claims| claims.set(6, int(NOW as i64)));
            layer.bytes()
        }),
        case("pass put in after signing", "CODE_SIGNATURE", &{
            let mut layer = Layer::read(&code(|_| ()));
            let other = pass(|claims| claims.status_index += 1);
            layer.header(|header| header.set(13, read(&other)));
            layer.bytes()
        }),
        case("one bit of the signature flipped", "CODE_SIGNATURE", &{
            let mut flipped = code(|_| ());
            *flipped.last_mut().unwrap() ^= 1;
            flipped
        }),
        case("signature of zeros", "CODE_SIGNATURE", &{
            let mut layer = Layer::read(&code(|_| ()));
            layer.signature = vec![0; 64];
            layer.bytes()
        }),
        bad_claims("tier 0", &own(1, 0)),
        bad_claims("tier 4", &own(1, 4)),
        bad_claims("scene 65536", &own(2, 65_536)),
        bad_claims("empty audience", &answering("", &[1; 8])),
        bad_claims("audience of 23 bytes", &answering(&"v".repeat(23), &[1; 8])),
        bad_claims("nonce of 7 bytes", &answering("venue", &[1; 7])),
        bad_claims("nonce of 17 bytes", &answering("venue", &[1; 17])),
        case("drawn 60 s ago", "OK", &code(|claims| claims.iat = NOW - 60)),
        case("drawn 61 s ago", "CODE_EXPIRED", &code(|claims| claims.iat = NOW - 61)),
        case("drawn 30 s ahead", "OK", &code(|claims| claims.iat = NOW + 30)),
        case("drawn 31 s ahead", "CLOCK_AHEAD", &code(|claims| claims.iat = NOW + 31)),
        case("drawn at 0", "CODE_EXPIRED", &code(|claims| claims.iat = 0)),
        case("drawn at the end of time", "CLOCK_AHEAD", &code(|claims| claims.iat = u64::MAX)),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    [good(), texts(), malformed(), not_canonical(), signature_and_values()].concat()
}
