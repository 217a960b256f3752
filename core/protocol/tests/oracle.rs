//! Our bytes through libraries that we did not write: coset reads the layers, ciborium re-encodes every map.
#![allow(clippy::unwrap_used, missing_docs)]

use ciborium::Value;
use coset::{
    CborSerializable, CoseSign1, RegisteredLabelWithPrivate, TaggedCborSerializable, iana,
};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use szid_protocol::code::{Challenge, CodeDraft};

#[path = "../examples/make-vectors/vectors/mod.rs"]
#[expect(dead_code, reason = "only the city is needed here")]
mod vectors;

use szid_protocol::crypto::Signer;
use vectors::city::{self, Role};

fn verify(sign1: &CoseSign1, role: Role) {
    let key = role.signer().public_key().to_compressed();
    let key = VerifyingKey::from_sec1_bytes(&key).unwrap();
    sign1
        .verify_signature(&[], |signature, message| {
            key.verify(message, &Signature::from_slice(signature).unwrap())
        })
        .unwrap();
}

fn re_encoded(bytes: &[u8]) -> Vec<u8> {
    let value: Value = ciborium::from_reader(bytes).unwrap();
    let mut again = Vec::new();
    ciborium::into_writer(&value, &mut again).unwrap();
    again
}

/// Header and payload as ciborium writes them, and the whole too.
fn is_re_encoded_alike(bytes: &[u8], sign1: &CoseSign1) {
    let protected = sign1.protected.original_data.clone().unwrap();
    assert_eq!(re_encoded(bytes), bytes);
    for part in [&protected, sign1.payload.as_ref().unwrap()] {
        assert_eq!(&re_encoded(part), part);
        assert_map_keys_ascend(part);
    }
    assert!(sign1.unprotected.is_empty());
}

/// RFC 8949, section 4.2.1: keys in the order of their encodings, in every map.
fn assert_map_keys_ascend(bytes: &[u8]) {
    fn check(value: &Value) {
        match value {
            Value::Map(entries) => {
                let keys: Vec<Vec<u8>> = entries
                    .iter()
                    .map(|(key, _)| {
                        let mut bytes = Vec::new();
                        ciborium::into_writer(key, &mut bytes).unwrap();
                        bytes
                    })
                    .collect();
                assert!(keys.is_sorted_by(|one, next| one < next));
                entries.iter().for_each(|(_, value)| check(value));
            }
            Value::Array(items) => items.iter().for_each(check),
            _ => {}
        }
    }
    check(&ciborium::from_reader(bytes).unwrap());
}

fn pass() -> Vec<u8> {
    city::pass(|claims| {
        claims.masked_name = Some("林**".into());
        claims.concessions = Some(33);
    })
}

#[test]
fn a_pass_is_a_cose_sign1_with_the_same_bytes_to_be_signed() {
    for bytes in [city::pass(|_| ()), pass()] {
        let sign1 = CoseSign1::from_slice(&bytes).unwrap();
        verify(&sign1, Role::Pass);
        is_re_encoded_alike(&bytes, &sign1);
        assert_eq!(
            sign1.protected.header.alg,
            Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::ES256))
        );
        let kid = Role::Pass.signer().public_key().key_id().unwrap();
        assert_eq!(sign1.protected.header.key_id, kid.0);
        assert_eq!(sign1.to_vec().unwrap(), bytes);
    }
}

#[test]
fn a_code_is_a_cose_sign1_over_its_pass() {
    let pass = pass();
    let mut claims = city::code_claims();
    claims.challenge = Some(Challenge { audience: "venue".into(), nonce: vec![1; 12] });
    let draft = CodeDraft::new(&pass, &claims).unwrap();
    let message = draft.to_be_signed();
    let bytes = draft.finish(&Role::Device.signer().sign(&message).unwrap());

    let sign1 = CoseSign1::from_slice(&bytes).unwrap();
    assert_eq!(sign1.tbs_data(&[]), message);
    verify(&sign1, Role::Device);
    is_re_encoded_alike(&bytes, &sign1);
    let (_, embedded) = &sign1.protected.header.rest[0];
    let mut found = Vec::new();
    ciborium::into_writer(embedded, &mut found).unwrap();
    assert_eq!(found, pass);
}

#[test]
fn documents_are_tagged_cose_sign1() {
    let bytes = city::trust_list().sign(&Role::Root.signer()).unwrap();
    let sign1 = CoseSign1::from_tagged_slice(&bytes).unwrap();
    verify(&sign1, Role::Root);
    is_re_encoded_alike(&bytes, &sign1);
    assert_eq!(sign1.to_tagged_vec().unwrap(), bytes);
}
