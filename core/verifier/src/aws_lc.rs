//! ES256 for services and gates: by aws-lc-rs, and by tables for keys that last. Phones use the protocol's
//! pure Rust backend.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use szid_protocol::crypto::{InvalidKey, Signature, SignatureBackend, VerifyingKey};
use szid_protocol::key::PublicKey;

use crate::fixed_key::{FixedKey, Point};

/// Signature verification by aws-lc-rs, with keys parsed once; lasting keys verify by tables of their
/// multiples.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsLcBackend;

struct AwsLcKey(ParsedPublicKey);

impl SignatureBackend for AwsLcBackend {
    fn verifying_key(&self, key: &PublicKey) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        Ok(Box::new(AwsLcKey::new(&Point::new(key)?)?))
    }

    fn lasting_key(&self, key: &PublicKey) -> Result<Box<dyn VerifyingKey>, InvalidKey> {
        let point = Point::new(key)?;
        let (once, often) = (AwsLcKey::new(&point)?, FixedKey::new(&point));
        Ok(Box::new(LastingKey { once, often, verified: AtomicU32::new(0) }))
    }
}

/// How many signatures a lasting key verifies before it gets its table: fewer would not make up for the 6 ms
/// of two tables.
const TABLE_AFTER: u32 = 256;

/// A key that verifies by its table once it has been asked often enough.
struct LastingKey {
    once: AwsLcKey,
    often: FixedKey,
    verified: AtomicU32,
}

impl VerifyingKey for LastingKey {
    fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        if self.verified.load(Ordering::Relaxed) >= TABLE_AFTER {
            return self.often.verify(message, signature);
        }
        self.verified.fetch_add(1, Ordering::Relaxed);
        self.once.verify(message, signature)
    }
}

impl AwsLcKey {
    fn new(point: &Point) -> Result<Self, InvalidKey> {
        // y was found faster than by aws-lc-rs, and the curve is checked; loading both coordinates is cheap.
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.to_sec1());
        key.map(Self).map_err(|_| InvalidKey)
    }
}

impl VerifyingKey for AwsLcKey {
    fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use szid_protocol::crypto::{P256Backend, Signer, SoftwareSigner};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn all_ways_agree(scalar in 1u8.., message: Vec<u8>, flip in 0usize..512) {
            let signer = SoftwareSigner::from_scalar(&[scalar; 32]);
            prop_assume!(signer.is_ok());
            let signer = signer.unwrap();
            let good = signer.sign(&message).unwrap();
            let mut bad = good;
            bad[flip / 8] ^= 1 << (flip % 8);
            for backend in [&AwsLcBackend as &dyn SignatureBackend, &P256Backend] {
                let key = backend.verifying_key(&signer.public_key()).unwrap();
                prop_assert!(key.verify(&message, &good));
                prop_assert!(!key.verify(&message, &bad));
            }
            let tables = FixedKey::new(&Point::new(&signer.public_key()).unwrap());
            prop_assert!(tables.verify(&message, &good));
            prop_assert!(!tables.verify(&message, &bad));
        }
    }

    #[test]
    fn a_lasting_key_says_the_same_before_and_after_it_has_its_table() {
        let signer = SoftwareSigner::from_scalar(&[9; 32]).unwrap();
        let key = AwsLcBackend.lasting_key(&signer.public_key()).unwrap();
        let good = signer.sign(b"message").unwrap();
        for _ in 0..TABLE_AFTER {
            assert!(key.verify(b"message", &good));
            assert!(!key.verify(b"another", &good));
        }
    }

    #[test]
    fn keys_off_the_curve_and_out_of_range_signatures_are_refused() {
        let off_curve = PublicKey::from_compressed(&[2; 33].map(|_| 2)).unwrap();
        let (aws, p256) =
            (AwsLcBackend.verifying_key(&off_curve), P256Backend.verifying_key(&off_curve));
        assert_eq!(aws.is_err(), p256.is_err());
        assert_eq!(AwsLcBackend.lasting_key(&off_curve).is_err(), p256.is_err());
        let signer = SoftwareSigner::from_scalar(&[7; 32]).unwrap();
        let key = AwsLcBackend.verifying_key(&signer.public_key()).unwrap();
        let tables = FixedKey::new(&Point::new(&signer.public_key()).unwrap());
        for signature in [[0; 64], [0xff; 64]] {
            assert!(!key.verify(b"message", &signature));
            assert!(!tables.verify(b"message", &signature));
        }
    }
}
