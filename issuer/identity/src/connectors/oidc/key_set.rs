//! The provider's signing keys (RFC 7517), and what they signed.

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use crate::connectors::ProofFault;

/// The most keys that are looked at.
const MAX_KEYS: usize = 32;
/// A key that is not known has the set read again, but not more often than this, seconds.
const READ_AGAIN_SECONDS: u64 = 30;
/// How long a set is used without asking again, seconds.
pub(super) const KEPT_SECONDS: u64 = 3600;

/// The keys, and when they were read.
#[derive(Clone)]
pub(super) struct KeySet {
    keys: Vec<Jwk>,
    /// Unix seconds.
    pub(super) read_at: u64,
    /// When an unknown key had it read, Unix seconds.
    read_again_at: Option<u64>,
}

/// Whose signature it is.
pub(super) enum Signed {
    /// The claims, signed by a key of the set.
    By(Value),
    /// By a key that the set does not have.
    Unknown,
}

impl KeySet {
    /// # Errors
    /// [`ProofFault::Answer`] where it cannot be read.
    pub(super) fn read(
        text: &[u8],
        now: u64,
        read_again_at: Option<u64>,
    ) -> Result<Self, ProofFault> {
        let set: JwkSet = serde_json::from_slice(text).map_err(|_| ProofFault::Answer("keys"))?;
        let signs =
            |key: &Jwk| !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
        let keys = set.keys.into_iter().filter(signs).take(MAX_KEYS).collect();
        Ok(Self { keys, read_at: now, read_again_at })
    }

    /// Whether an unknown key may have it read.
    pub(super) fn may_be_read_again(&self, now: u64) -> bool {
        self.read_again_at.is_none_or(|at| now.abs_diff(at) >= READ_AGAIN_SECONDS)
    }

    /// Verifies a JWS by one of the algorithms that are set, by the key that it names.
    ///
    /// # Errors
    /// [`ProofFault::Answer`].
    pub(super) fn verify(
        &self,
        token: &str,
        algorithms: &[Algorithm],
    ) -> Result<Signed, ProofFault> {
        // `none` is no algorithm that can be read.
        let header = decode_header(token).map_err(|_| ProofFault::Answer("header"))?;
        if !algorithms.contains(&header.alg) {
            return Err(ProofFault::Answer("alg"));
        }
        let has_its_name = |key: &&Jwk| match &header.kid {
            Some(kid) => key.common.key_id.as_ref() == Some(kid),
            None => true,
        };
        let mut named = self.keys.iter().filter(has_its_name);
        let Some(key) = named.next() else { return Ok(Signed::Unknown) };
        // A token that names no key, where there are several, is nobody's.
        if named.next().is_some() {
            return Err(ProofFault::Answer("kid"));
        }
        let key = DecodingKey::from_jwk(key).map_err(|_| ProofFault::Answer("key"))?;
        let verified = decode::<Value>(token, &key, &signature_alone(header.alg));
        let verified = verified.map_err(|_| ProofFault::Answer("signature"))?;
        Ok(Signed::By(verified.claims))
    }
}

/// Claims are looked at by this crate, whose clock is handed in.
fn signature_alone(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
