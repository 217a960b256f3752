//! The Wycheproof vectors for ECDSA P-256 with SHA-256 and raw signatures: every library says the same, and
//! the right thing.
#![cfg(feature = "aws-lc")]
#![allow(missing_docs, clippy::unwrap_used)]

use szid_protocol::crypto::{P256Backend, Signature, SignatureBackend};
use szid_protocol::key::PublicKey;
use szid_verifier::AwsLcBackend;
use wycheproof::TestResult;
use wycheproof::ecdsa::{TestName, TestSet};

#[test]
fn every_backend_agrees_with_the_vectors() {
    let set = TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let mut checked = 0;
    for group in &set.test_groups {
        let sec1: &[u8] = group.key.key.as_ref();
        let (x, y) = (sec1[1..33].try_into().unwrap(), sec1[33..65].try_into().unwrap());
        let key = PublicKey::from_coordinates(x, y).unwrap();
        let aws_lc = AwsLcBackend.verifying_key(&key).unwrap();
        let tables = AwsLcBackend.lasting_key(&key).unwrap();
        // It verifies by its table only once it was asked often.
        (0..300).for_each(|_| assert!(!tables.verify(b"", &[1; 64])));
        let p256 = P256Backend.verifying_key(&key).unwrap();
        let algorithm = &ring::signature::ECDSA_P256_SHA256_FIXED;
        let ring = ring::signature::UnparsedPublicKey::new(algorithm, sec1);
        for test in &group.tests {
            // Signatures of another length never reach a backend: the type is 64 bytes.
            let Ok(signature) = <&Signature>::try_from(test.sig.as_ref()) else {
                assert_eq!(test.result, TestResult::Invalid, "{}", test.tc_id);
                continue;
            };
            let message: &[u8] = test.msg.as_ref();
            let expected = test.result != TestResult::Invalid;
            assert_eq!(aws_lc.verify(message, signature), expected, "aws-lc {}", test.tc_id);
            assert_eq!(tables.verify(message, signature), expected, "tables {}", test.tc_id);
            assert_eq!(p256.verify(message, signature), expected, "p256 {}", test.tc_id);
            assert_eq!(ring.verify(message, signature).is_ok(), expected, "ring {}", test.tc_id);
            checked += 1;
        }
    }
    assert!(checked > 200, "{checked}");
}
