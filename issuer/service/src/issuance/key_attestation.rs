//! Key attestations (OpenID4VCI 1.0, appendix D): a wallet backend's word on where keys lie.

use serde::Deserialize;
use serde::de::IgnoredAny;
use szid_protocol::key::PublicKey;
use szid_protocol::level::KeyProtection;

use super::BATCH;
use super::check;
use super::jose::{Jwk, Unverified};
use super::parts::Part;
use super::x5c::leaf_key;
use crate::attesters::Attester;

/// The longest attestation, bytes: a batch of keys takes about half of it.
pub(super) const MAX_ATTESTATION: usize = 12 * 1024;
/// How far an attester's clock may be ahead, seconds.
const MAX_CLOCK_DIFFERENCE: u64 = 300;

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    kid: Option<String>,
    x5c: Option<Vec<String>>,
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
///
/// # Errors
/// The part that is wrong.
pub(super) fn verify_attestation(
    jwt: &str,
    attesters: &[Attester],
    now: u64,
) -> Result<Attested, Part> {
    if jwt.len() > MAX_ATTESTATION {
        return Err(Part::Form);
    }
    let attestation = Unverified::<Header, Claims>::read(jwt)?;
    let Unverified { header, claims, .. } = &attestation;
    check(header.typ == "key-attestation+jwt", Part::Typ)?;
    check(header.alg == "ES256", Part::Alg)?;
    check(header.trust_chain.is_none(), Part::TrustChain)?;
    check(header.crit.is_none(), Part::Crit)?;
    let attester = header.attester(attesters, now)?;
    check(claims.iat <= now.saturating_add(MAX_CLOCK_DIFFERENCE), Part::Iat)?;
    check(now < claims.exp, Part::Exp)?;
    check((1..=BATCH).contains(&claims.attested_keys.len()), Part::AttestedKeys)?;
    check(attestation.is_signed_by(&attester.key), Part::Signature)?;
    let keys = claims.attested_keys.iter().map(Jwk::public_key).collect::<Option<_>>();
    let keys = keys.ok_or(Part::AttestedKeys)?;
    let protection = protection(&claims.key_storage).min(attester.at_most);
    Ok(Attested { keys, protection, nonce: attestation.claims.nonce })
}

impl Header {
    /// Who signed it, by the name or by the key of the first certificate. Where both are given they are one
    /// attester's.
    fn attester<'a>(&self, attesters: &'a [Attester], now: u64) -> Result<&'a Attester, Part> {
        let chain = self.x5c.as_deref();
        let certified = chain.map(|chain| leaf_key(chain, now).ok_or(Part::X5c)).transpose()?;
        if self.kid.is_none() && certified.is_none() {
            return Err(Part::Kid);
        }
        let is_named = |one: &&Attester| self.kid.as_ref().is_none_or(|kid| *kid == one.kid);
        let is_certified = |one: &&Attester| certified.is_none_or(|key| key == one.key);
        // Of several with one key the one that is believed least: the certificate says no more.
        let found = attesters.iter().filter(is_named).filter(is_certified);
        let wrong = if self.kid.is_some() { Part::Kid } else { Part::X5c };
        found.min_by_key(|one| one.at_most).ok_or(wrong)
    }
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
    use super::super::testing::{
        CERTIFICATE_OF_5, CERTIFICATE_OF_9, NOW, OLD_CERTIFICATE_OF_9, jwk, jwt, signer,
    };
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

    fn verify(header: &Value, claims: &Value) -> Result<Attested, Part> {
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
    fn an_attester_is_known_by_the_key_of_the_first_certificate() {
        let with = |x5c: Value| {
            let mut header = header();
            header.as_object_mut().unwrap().remove("kid");
            header["x5c"] = x5c;
            header
        };
        let chain = json!([CERTIFICATE_OF_9, "whatever its issuer is"]);
        let attested = verify(&with(chain), &claims()).unwrap();
        assert_eq!(attested.protection, KeyProtection::SecureElement);
        let mut both = with(json!([CERTIFICATE_OF_9]));
        both["kid"] = json!("backend");
        assert!(verify(&both, &claims()).is_ok());
        both["kid"] = json!("modest");
        assert_eq!(verify(&both, &claims()), Err(Part::Kid), "two attesters");
        for (x5c, why) in [
            (json!([OLD_CERTIFICATE_OF_9]), "it is over"),
            (json!([CERTIFICATE_OF_5]), "of a stranger"),
            (json!([CERTIFICATE_OF_5, CERTIFICATE_OF_9]), "not the first"),
            (json!(["AAAA"]), "no certificate"),
            (json!([]), "none"),
            (json!("x"), "no list"),
        ] {
            assert_eq!(verify(&with(x5c), &claims()), Err(Part::X5c), "{why}");
        }
        let by_5 = jwt(&with(json!([CERTIFICATE_OF_9])), &claims(), 5);
        let forged = verify_attestation(&by_5, &attesters(), NOW);
        assert_eq!(forged, Err(Part::Signature), "a certificate is anybody's to show");
    }

    #[test]
    fn of_several_attesters_with_one_key_the_one_that_is_believed_least_counts() {
        let twice = [KeyProtection::Certified, KeyProtection::Tee].map(|at_most| Attester {
            kid: format!("{at_most:?}"),
            key: signer(9).public_key(),
            at_most,
        });
        let header =
            json!({ "typ": "key-attestation+jwt", "alg": "ES256", "x5c": [CERTIFICATE_OF_9] });
        let attested = verify_attestation(&jwt(&header, &claims(), 9), &twice, NOW).unwrap();
        assert_eq!(attested.protection, KeyProtection::Tee);
    }

    #[test]
    fn every_other_header_claim_and_signer_is_refused_and_the_part_is_named() {
        for (name, value, part) in [
            ("typ", json!("JWT"), Part::Typ),
            ("typ", json!(null), Part::Typ),
            ("alg", json!("none"), Part::Alg),
            ("kid", json!("stranger"), Part::Kid),
            ("kid", json!("modest"), Part::Signature),
            ("kid", json!(null), Part::Kid),
            ("trust_chain", json!([]), Part::TrustChain),
            ("crit", json!(["exp"]), Part::Crit),
        ] {
            let mut other = header();
            other[name] = value.clone();
            assert_eq!(verify(&other, &claims()), Err(part), "{name} {value}");
        }
        let too_many: Vec<Value> = (1..=16).map(jwk).collect();
        assert!(too_many.len() > BATCH);
        let mut private = jwk(1);
        private["d"] = json!("AA");
        for (name, value, part) in [
            ("iat", json!(NOW + 301), Part::Iat),
            ("exp", json!(NOW), Part::Exp),
            ("exp", json!(null), Part::Exp),
            ("nonce", json!(null), Part::Nonce),
            ("attested_keys", json!([]), Part::AttestedKeys),
            ("attested_keys", json!(too_many), Part::AttestedKeys),
            ("attested_keys", json!([jwk(1), private]), Part::AttestedKeys),
            ("key_storage", json!("iso_18045_high"), Part::KeyStorage),
        ] {
            let mut other = claims();
            other[name] = value;
            assert_eq!(verify(&header(), &other), Err(part), "{name}");
        }
        let good = jwt(&header(), &claims(), 9);
        let elsewhere = verify_attestation(&good, &attesters()[..1], NOW);
        assert_eq!(elsewhere, Err(Part::Kid), "not an attester here");
        let cut = verify_attestation(&good[..good.len() - 2], &attesters(), NOW);
        assert_eq!(cut, Err(Part::Signature));
        assert_eq!(verify_attestation("..", &attesters(), NOW), Err(Part::Form));
    }
}
