//! Key attestations (OpenID4VCI 1.0, appendix D): a wallet backend's word on where keys lie.

use serde::Deserialize;
use serde::de::IgnoredAny;
use szid_protocol::key::PublicKey;
use szid_protocol::level::KeyProtection;

use super::BATCH;
use super::jose::{Jwk, Unverified};
use crate::attesters::Attester;

/// The longest attestation, bytes: a batch of keys takes about half of it.
pub(super) const MAX_ATTESTATION: usize = 12 * 1024;
/// How far an attester's clock may be ahead, seconds.
const MAX_CLOCK_DIFFERENCE: u64 = 300;

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    kid: String,
    // Attesters are known by their keys, not by chains.
    x5c: Option<IgnoredAny>,
    trust_chain: Option<IgnoredAny>,
    // Extensions that must be understood (RFC 7515, section 4.1.11): none is.
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    iat: u64,
    exp: u64,
    nonce: String,
    attested_keys: Vec<Jwk>,
    #[serde(default)]
    key_storage: Vec<String>,
}

/// What an attester said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attested {
    /// In the order of the attestation.
    pub(super) keys: Vec<PublicKey>,
    pub(super) protection: KeyProtection,
    pub(super) nonce: String,
}

/// Verifies an attestation by one of the attesters. The nonce is for the caller to judge.
pub(super) fn verify_attestation(jwt: &str, attesters: &[Attester], now: u64) -> Option<Attested> {
    if jwt.len() > MAX_ATTESTATION {
        return None;
    }
    let attestation = Unverified::<Header, Claims>::read(jwt)?;
    let Unverified { header, claims, .. } = &attestation;
    let attester = attesters.iter().find(|attester| attester.kid == header.kid)?;
    if (header.typ.as_str(), header.alg.as_str()) != ("key-attestation+jwt", "ES256")
        || [&header.x5c, &header.trust_chain, &header.crit].iter().any(|part| part.is_some())
        || claims.iat > now.saturating_add(MAX_CLOCK_DIFFERENCE)
        || claims.exp <= now
        || !(1..=BATCH).contains(&claims.attested_keys.len())
        || !attestation.is_signed_by(&attester.key)
    {
        return None;
    }
    let keys = claims.attested_keys.iter().map(Jwk::public_key).collect::<Option<_>>()?;
    let protection = protection(&claims.key_storage).min(attester.at_most);
    Some(Attested { keys, protection, nonce: attestation.claims.nonce })
}

/// Of several grades the weakest counts; what is not said or not known is software.
fn protection(key_storage: &[String]) -> KeyProtection {
    let grade = |name: &String| match name.as_str() {
        "iso_18045_high" => KeyProtection::Certified,
        "iso_18045_moderate" => KeyProtection::SecureElement,
        "iso_18045_enhanced-basic" => KeyProtection::Tee,
        _ => KeyProtection::Software,
    };
    key_storage.iter().map(grade).min().unwrap_or(KeyProtection::Software)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, jwk, jwt, signer};
    use super::*;
    use serde_json::{Value, json};
    use szid_protocol::crypto::Signer;

    fn attesters() -> [Attester; 2] {
        let attester = |kid: &str, scalar, at_most| Attester {
            kid: kid.into(),
            key: signer(scalar).public_key(),
            at_most,
        };
        [
            attester("modest", 8, KeyProtection::Tee),
            attester("backend", 9, KeyProtection::Certified),
        ]
    }

    fn header() -> Value {
        json!({ "typ": "key-attestation+jwt", "alg": "ES256", "kid": "backend" })
    }

    fn claims() -> Value {
        json!({ "iat": NOW, "exp": NOW + 300, "nonce": "fresh", "attested_keys": [jwk(1), jwk(2)],
            "key_storage": ["iso_18045_moderate"] })
    }

    fn verify(header: &Value, claims: &Value) -> Option<Attested> {
        verify_attestation(&jwt(header, claims, 9), &attesters(), NOW)
    }

    #[test]
    fn a_good_attestation_gives_keys_in_order_and_where_they_lie() {
        let attested = verify(&header(), &claims()).unwrap();
        assert_eq!(attested.keys, [signer(1).public_key(), signer(2).public_key()]);
        assert_eq!(attested.protection, KeyProtection::SecureElement);
        assert_eq!(attested.nonce, "fresh");
    }

    #[test]
    fn the_weakest_grade_counts_and_no_more_than_the_attester_is_believed() {
        use KeyProtection::{Certified, SecureElement, Software, Tee};
        for (grades, expected) in [
            (json!(["iso_18045_high"]), Certified),
            (json!(["iso_18045_high", "iso_18045_moderate"]), SecureElement),
            (json!(["iso_18045_enhanced-basic"]), Tee),
            (json!(["iso_18045_basic"]), Software),
            (json!(["iso_18045_high", "our_own_grade"]), Software),
            (json!([]), Software),
        ] {
            let mut claims = claims();
            claims["key_storage"] = grades.clone();
            assert_eq!(verify(&header(), &claims).unwrap().protection, expected, "{grades}");
        }
        let mut header = header();
        header["kid"] = json!("modest");
        let attested = verify_attestation(&jwt(&header, &claims(), 8), &attesters(), NOW).unwrap();
        assert_eq!(attested.protection, Tee);
    }

    #[test]
    fn every_other_header_claim_and_signer_is_refused() {
        for (name, value) in [
            ("typ", json!("JWT")),
            ("alg", json!("none")),
            ("kid", json!("stranger")),
            ("kid", json!("modest")),
            ("kid", json!(null)),
            ("x5c", json!([])),
            ("trust_chain", json!([])),
            ("crit", json!(["exp"])),
        ] {
            let mut other = header();
            other[name] = value.clone();
            assert_eq!(verify(&other, &claims()), None, "{name} {value}");
        }
        let too_many: Vec<Value> = (1..=33).map(jwk).collect();
        let mut private = jwk(1);
        private["d"] = json!("AA");
        for (name, value) in [
            ("iat", json!(NOW + 301)),
            ("exp", json!(NOW)),
            ("exp", json!(null)),
            ("nonce", json!(null)),
            ("attested_keys", json!([])),
            ("attested_keys", json!(too_many)),
            ("attested_keys", json!([jwk(1), private])),
        ] {
            let mut other = claims();
            other[name] = value;
            assert_eq!(verify(&header(), &other), None, "{name}");
        }
        let good = jwt(&header(), &claims(), 9);
        assert_eq!(verify_attestation(&good, &attesters()[..1], NOW), None, "not an attester here");
        assert_eq!(verify_attestation(&good[..good.len() - 2], &attesters(), NOW), None);
        assert_eq!(verify_attestation("..", &attesters(), NOW), None);
    }
}
