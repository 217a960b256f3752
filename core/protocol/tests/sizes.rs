//! How large codes are, and the QR symbol that each variant needs.
#![allow(clippy::unwrap_used, missing_docs)]

use szid_protocol::code::{
    Challenge, CodeClaims, CodeDraft, MAX_AUDIENCE_BYTES, MAX_CODE_BYTES, NONCE_BYTES,
};
use szid_protocol::crypto::{Signer, SoftwareSigner};
use szid_protocol::digits::text_length;
use szid_protocol::level::{AuthenticationTier, IdentityLevel, KeyProtection};
use szid_protocol::pass::{MAX_NAME_BYTES, MAX_PASS_BYTES, PassClaims};

const SPECIFICATION: &str = include_str!("../../../docs/protocol/citizen-code.md");

/// Digits that QR symbols hold in numeric mode (ISO/IEC 18004, table 7): version, at level L, at level M.
const CAPACITY: [(u8, usize, usize); 4] =
    [(10, 652, 513), (11, 772, 604), (12, 883, 691), (13, 1022, 796)];

/// The smallest symbols of versions 10 to 13 for so many digits, at L and at M.
fn symbols(digits: usize) -> (u8, u8) {
    let smallest = |capacity: fn(&(u8, usize, usize)) -> usize| {
        CAPACITY.iter().find(|row| digits <= capacity(row)).unwrap().0
    };
    (smallest(|row| row.1), smallest(|row| row.2))
}

#[derive(Clone, Copy, Default)]
struct Variant {
    named: bool,
    concessions: bool,
    narrowed: bool,
    challenged: bool,
}

/// The largest pass and code of a variant, in bytes.
fn largest(variant: Variant) -> (usize, usize) {
    let key = SoftwareSigner::from_scalar(&[9; 32]).unwrap();
    let pass = PassClaims {
        exp: 4_294_972_800 - 86_400,
        device_key: key.public_key(),
        identity_level: IdentityLevel::InPerson,
        key_protection: KeyProtection::Certified,
        status_index: u32::MAX,
        concessions: variant.concessions.then_some(u16::MAX),
        masked_name: variant.named.then(|| "*".repeat(MAX_NAME_BYTES)),
    };
    let claims = CodeClaims {
        iat: u32::MAX.into(),
        tier: AuthenticationTier::Biometric,
        scene: if variant.narrowed { u16::MAX } else { 0 },
        challenge: variant.challenged.then(|| Challenge {
            audience: "v".repeat(MAX_AUDIENCE_BYTES),
            nonce: vec![0; *NONCE_BYTES.end()],
        }),
    };
    let pass = pass.sign(&key).unwrap();
    (pass.len(), CodeDraft::new(&pass, &claims).unwrap().finish(&[0; 64]).len())
}

#[test]
fn the_table_of_the_specification_holds() {
    let default = Variant::default();
    let all = Variant { named: true, concessions: true, narrowed: true, challenged: true };
    for (name, variant, bytes, digits, symbol) in [
        ("default", default, 246, 603, (10, 11)),
        ("narrowed", Variant { narrowed: true, ..default }, 248, 608, (10, 12)),
        ("concessions", Variant { concessions: true, ..default }, 250, 613, (10, 12)),
        ("named", Variant { named: true, ..default }, 276, 676, (11, 12)),
        ("challenged", Variant { challenged: true, ..default }, 289, 707, (11, 13)),
        ("named, narrowed, challenged", Variant { concessions: false, ..all }, 321, 785, (12, 13)),
        ("all", all, 325, 795, (12, 13)),
    ] {
        let (_, found) = largest(variant);
        let length = text_length(found);
        assert_eq!((found, length, symbols(length)), (bytes, digits, symbol), "{name}");
        let row = format!("| {name} | {bytes} | {digits} | {}-L | {}-M |\n", symbol.0, symbol.1);
        assert!(SPECIFICATION.contains(&row), "{row}");
    }
}

#[test]
fn no_variant_needs_more_than_12_l_or_13_m() {
    for bits in 0..16u8 {
        let bit = |place: u8| bits >> place & 1 == 1;
        let variant =
            Variant { named: bit(0), concessions: bit(1), narrowed: bit(2), challenged: bit(3) };
        let (pass, code) = largest(variant);
        let (at_l, at_m) = symbols(text_length(code));
        assert!(pass <= MAX_PASS_BYTES && code <= MAX_CODE_BYTES && at_l <= 12 && at_m <= 13);
    }
    assert_eq!(
        largest(Variant { named: true, concessions: true, narrowed: true, challenged: true }).1,
        MAX_CODE_BYTES
    );
}
