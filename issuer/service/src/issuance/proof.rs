//! Key proofs of OpenID4VCI 1.0 (appendix F.1): a JWT by each device key over the issuer's nonce, or by one
//! of the keys that an attestation speaks for.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;
use szid_protocol::key::PublicKey;
use szid_protocol::level::KeyProtection;

use super::check;
use super::jose::{Jwk, Unverified};
use super::key_attestation::{MAX_ATTESTATION, verify_attestation};
use super::parts::Part;
use crate::attesters::Attester;

/// What a proof is for: one that asks for a pass renews no token, and the other way round.
const FOR_PASSES: &str = "openid4vci-proof+jwt";
pub(super) const FOR_TOKENS: &str = "szid-key-proof+jwt";
/// One by a key that vouches for those of a strip.
pub(super) const FOR_STRIPS: &str = "szid-strip-proof+jwt";
/// One by a key of a device that reports a loss.
pub(super) const FOR_LOSSES: &str = "szid-loss-proof+jwt";
/// The longest proof, bytes; an attestation in its header, encoded once more, comes on top.
const MAX_PROOF: usize = 2048;
/// How far a proof's time may be off, seconds. Phones' clocks are; the nonce is what makes a proof fresh.
const MAX_CLOCK_DIFFERENCE: u64 = 86_400;

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: Jwk,
    key_attestation: Option<String>,
    kid: Option<IgnoredAny>,
    x5c: Option<IgnoredAny>,
    trust_chain: Option<IgnoredAny>,
    crit: Option<IgnoredAny>,
}

impl Header {
    /// A key may be named in one way only, and an extension that must be understood is none of ours.
    fn check_others(&self) -> Result<(), Part> {
        check(self.kid.is_none(), Part::Kid)?;
        check(self.x5c.is_none(), Part::X5c)?;
        check(self.trust_chain.is_none(), Part::TrustChain)?;
        check(self.crit.is_none(), Part::Crit)
    }
}

#[derive(Deserialize)]
struct Claims {
    aud: String,
    iat: u64,
    exp: Option<u64>,
    nbf: Option<u64>,
    nonce: String,
}

impl Claims {
    /// Whether the proof stands now by its own word. Phones' clocks are off: one that sets an end or a
    /// beginning means it.
    fn check_times(&self, now: u64) -> Result<(), Part> {
        check(self.iat.abs_diff(now) <= MAX_CLOCK_DIFFERENCE, Part::Iat)?;
        check(self.exp.is_none_or(|end| now < end), Part::Exp)?;
        check(self.nbf.is_none_or(|beginning| beginning <= now), Part::Nbf)
    }
}

/// A proof's fault: of the proof itself, of its attestation, or a nonce that is not fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProofFault {
    Proof(Part),
    Attestation(Part),
    Nonce,
}

impl From<Part> for ProofFault {
    fn from(part: Part) -> Self {
        Self::Proof(part)
    }
}

/// What a proof is held against.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) attesters: &'a [Attester],
    pub(super) now: u64,
    pub(super) nonce_is_good: &'a dyn Fn(&str) -> bool,
}

/// The device keys that a request speaks for, and where they lie.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProvenKeys {
    pub(super) keys: Vec<PublicKey>,
    pub(super) protection: KeyProtection,
    /// The nonces that the proofs answer.
    pub(super) nonces: BTreeSet<String>,
}

/// Verifies the proofs of a request. One proof with an attestation speaks for all keys in it, in their order;
/// otherwise each proof speaks for its own key, and nothing is said of where that lies.
pub(super) fn verify_proofs(
    proofs: &[String],
    expected: &Expected<'_>,
) -> Result<ProvenKeys, ProofFault> {
    if let [proof] = proofs {
        return verify_proof(proof, expected);
    }
    let (keys, nonces) = verify_each(proofs, FOR_PASSES, expected)?;
    Ok(ProvenKeys { keys, protection: KeyProtection::Software, nonces })
}

/// Verifies proofs of this type that a device's keys are there: each one speaks for its own key, and an
/// attestation for none.
pub(super) fn verify_possession(
    proofs: &[String],
    typ: &str,
    expected: &Expected<'_>,
) -> Result<(Vec<PublicKey>, BTreeSet<String>), ProofFault> {
    verify_each(proofs, typ, expected)
}

fn verify_each(
    proofs: &[String],
    typ: &str,
    expected: &Expected<'_>,
) -> Result<(Vec<PublicKey>, BTreeSet<String>), ProofFault> {
    let (mut keys, mut nonces) = (Vec::with_capacity(proofs.len()), BTreeSet::new());
    for proof in proofs {
        // The attested keys would be proven twice over; which protection counts is then anybody's guess.
        check(proof.len() <= MAX_PROOF, Part::Form)?;
        let proven = read_proof(proof, typ, expected)?;
        check(proven.attestation.is_none(), Part::KeyAttestation)?;
        keys.push(proven.fresh(expected)?);
        nonces.insert(proven.nonce);
    }
    Ok((keys, nonces))
}

fn verify_proof(proof: &str, expected: &Expected<'_>) -> Result<ProvenKeys, ProofFault> {
    let proven = read_proof(proof, FOR_PASSES, expected)?;
    let Some(attestation) = &proven.attestation else {
        let keys = vec![proven.fresh(expected)?];
        let nonces = BTreeSet::from([proven.nonce]);
        return Ok(ProvenKeys { keys, protection: KeyProtection::Software, nonces });
    };
    let attested = verify_attestation(attestation, expected.attesters, expected.now);
    let attested = attested.map_err(ProofFault::Attestation)?;
    if !attested.keys.contains(&proven.key) {
        return Err(ProofFault::Attestation(Part::AttestedKeys));
    }
    // The issuer's nonce stands in both (appendix F.1), so one of them being fresh is not enough.
    if attested.nonce != proven.nonce {
        return Err(ProofFault::Nonce);
    }
    proven.fresh(expected)?;
    let nonces = BTreeSet::from([proven.nonce]);
    Ok(ProvenKeys { keys: attested.keys, protection: attested.protection, nonces })
}

struct Proven {
    key: PublicKey,
    nonce: String,
    attestation: Option<String>,
}

impl Proven {
    fn fresh(&self, expected: &Expected<'_>) -> Result<PublicKey, ProofFault> {
        if (expected.nonce_is_good)(&self.nonce) { Ok(self.key) } else { Err(ProofFault::Nonce) }
    }
}

fn read_proof(jwt: &str, typ: &str, expected: &Expected<'_>) -> Result<Proven, Part> {
    check(jwt.len() <= MAX_PROOF + MAX_ATTESTATION * 4 / 3, Part::Form)?;
    let proof = Unverified::<Header, Claims>::read(jwt)?;
    let Unverified { header, claims, .. } = &proof;
    check(header.typ == typ, Part::Typ)?;
    check(header.alg == "ES256", Part::Alg)?;
    header.check_others()?;
    let key = header.jwk.public_key().ok_or(Part::Jwk)?;
    check(claims.aud == expected.issuer, Part::Aud)?;
    claims.check_times(expected.now)?;
    check(proof.is_signed_by(&key), Part::Signature)?;
    Ok(Proven { key, nonce: proof.claims.nonce, attestation: proof.header.key_attestation })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ISSUER, NOW, jwk, jwt, signer};
    use super::*;
    use serde_json::{Value, json};
    use szid_protocol::crypto::Signer;

    fn header() -> Value {
        json!({ "typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": jwk(7) })
    }

    fn claims() -> Value {
        json!({ "aud": ISSUER, "iat": NOW, "nonce": "fresh" })
    }

    fn proof(header: &Value, claims: &Value) -> String {
        jwt(header, claims, 7)
    }

    /// A proof by the key 7 with an attestation for the keys 6, 7 and 8.
    fn attested(nonce: &str, attester: u8) -> String {
        let kind = json!({ "typ": "key-attestation+jwt", "alg": "ES256", "kid": "backend" });
        let said = json!({ "iat": NOW, "exp": NOW + 60, "nonce": nonce,
            "attested_keys": [jwk(6), jwk(7), jwk(8)], "key_storage": ["iso_18045_moderate"] });
        let mut header = header();
        header["key_attestation"] = json!(jwt(&kind, &said, attester));
        proof(&header, &claims())
    }

    fn verify_all(proofs: &[String]) -> Result<ProvenKeys, ProofFault> {
        let backend = Attester {
            kid: "backend".into(),
            key: signer(9).public_key(),
            at_most: KeyProtection::Certified,
        };
        let nonce_is_good = |nonce: &str| nonce == "fresh";
        let expected = Expected {
            issuer: ISSUER,
            attesters: &[backend],
            now: NOW,
            nonce_is_good: &nonce_is_good,
        };
        verify_proofs(proofs, &expected)
    }

    fn verify(jwt: &str) -> Result<Vec<PublicKey>, ProofFault> {
        verify_all(&[jwt.to_owned()]).map(|proven| proven.keys)
    }

    #[test]
    fn a_good_proof_gives_its_key_and_a_stale_nonce_is_named() {
        assert_eq!(verify(&proof(&header(), &claims())), Ok(vec![signer(7).public_key()]));
        let mut stale = claims();
        stale["nonce"] = json!("stale");
        assert_eq!(verify(&proof(&header(), &stale)), Err(ProofFault::Nonce));
    }

    #[test]
    fn a_proof_for_a_pass_is_none_for_a_token_and_the_other_way_round() {
        let mut for_token = header();
        for_token["typ"] = json!(FOR_TOKENS);
        let (for_token, for_pass) = (proof(&for_token, &claims()), proof(&header(), &claims()));
        assert_eq!(verify(&for_token), Err(ProofFault::Proof(Part::Typ)));
        let nonce_is_good = |nonce: &str| nonce == "fresh";
        let expected =
            Expected { issuer: ISSUER, attesters: &[], now: NOW, nonce_is_good: &nonce_is_good };
        let verify = |proof: &str| verify_possession(&[proof.to_owned()], FOR_TOKENS, &expected);
        let nonces = BTreeSet::from(["fresh".to_owned()]);
        assert_eq!(verify(&for_token), Ok((vec![signer(7).public_key()], nonces)));
        for (other, part) in
            [(for_pass, Part::Typ), (attested("fresh", 9), Part::Typ), ("x".into(), Part::Form)]
        {
            assert_eq!(verify(&other), Err(ProofFault::Proof(part)));
        }
    }

    #[test]
    fn keys_without_attestation_are_software_keys() {
        let mut other = header();
        other["jwk"] = jwk(6);
        let proofs = [proof(&header(), &claims()), jwt(&other, &claims(), 6)];
        let keys = vec![signer(7).public_key(), signer(6).public_key()];
        let nonces = BTreeSet::from(["fresh".to_owned()]);
        let proven = ProvenKeys { keys, protection: KeyProtection::Software, nonces };
        assert_eq!(verify_all(&proofs), Ok(proven));
    }

    #[test]
    fn an_attestation_speaks_for_all_its_keys() {
        let keys = [6, 7, 8].map(|scalar| signer(scalar).public_key()).to_vec();
        let nonces = BTreeSet::from(["fresh".to_owned()]);
        let proven = ProvenKeys { keys, protection: KeyProtection::SecureElement, nonces };
        assert_eq!(verify_all(&[attested("fresh", 9)]), Ok(proven));
    }

    #[test]
    fn an_attestation_by_others_or_for_other_keys_or_another_request_is_refused() {
        let by_another = Err(ProofFault::Attestation(Part::Signature));
        assert_eq!(verify(&attested("fresh", 5)), by_another);
        assert_eq!(verify(&attested("other", 9)), Err(ProofFault::Nonce));
        let mut stranger = header();
        stranger["jwk"] = jwk(5);
        let good: Value = {
            let encoded = attested("fresh", 9);
            let header = encoded.split('.').next().unwrap();
            let header = data_encoding::BASE64URL_NOPAD.decode(header.as_bytes()).unwrap();
            serde_json::from_slice(&header).unwrap()
        };
        stranger["key_attestation"] = good["key_attestation"].clone();
        let for_others = Err(ProofFault::Attestation(Part::AttestedKeys));
        assert_eq!(verify(&jwt(&stranger, &claims(), 5)), for_others);
        let two = [attested("fresh", 9), proof(&header(), &claims())];
        assert_eq!(verify_all(&two), Err(ProofFault::Proof(Part::KeyAttestation)));
    }

    #[test]
    fn every_other_header_or_claim_is_refused_and_named() {
        let refused = |part| Err(ProofFault::Proof(part));
        for (name, value) in [
            ("typ", json!("JWT")),
            ("typ", json!(null)),
            ("alg", json!("none")),
            ("alg", json!("ES384")),
            ("kid", json!("1")),
            ("x5c", json!([])),
            ("trust_chain", json!([])),
            ("crit", json!(["exp"])),
            ("jwk", json!(null)),
            ("key_attestation", json!(1)),
        ] {
            let mut other = header();
            other[name] = value;
            let named = refused(Part::named(name).unwrap());
            assert_eq!(verify(&proof(&other, &claims())), named, "{name}");
        }
        for (name, value) in
            [("crv", json!("P-384")), ("d", json!("AA")), ("y", json!("AA")), ("x", json!(null))]
        {
            let mut other = header();
            other["jwk"][name] = value;
            assert_eq!(verify(&proof(&other, &claims())), refused(Part::Jwk), "{name}");
        }
        for (name, value) in [
            ("aud", json!("https://other.example")),
            ("aud", json!(null)),
            ("iat", json!(NOW - 86_401)),
            ("iat", json!(-1)),
            ("exp", json!(NOW)),
            ("exp", json!(NOW - 60)),
            ("exp", json!("tomorrow")),
            ("nbf", json!(NOW + 1)),
            ("nonce", json!(7)),
        ] {
            let mut other = claims();
            other[name] = value;
            let named = refused(Part::named(name).unwrap());
            assert_eq!(verify(&proof(&header(), &other)), named, "{name}");
        }
        for name in ["aud", "iat", "nonce"] {
            let mut other = claims();
            other.as_object_mut().unwrap().remove(name);
            let named = refused(Part::named(name).unwrap());
            assert_eq!(verify(&proof(&header(), &other)), named, "{name} is missing");
        }
        let another = jwt(&header(), &claims(), 6);
        assert_eq!(verify(&another), refused(Part::Signature));
    }

    #[test]
    fn a_proof_within_its_own_times_is_good() {
        let mut timed = claims();
        (timed["exp"], timed["nbf"]) = (json!(NOW + 1), json!(NOW));
        assert!(verify(&proof(&header(), &timed)).is_ok());
    }

    #[test]
    fn altered_cut_and_overlong_proofs_are_refused() {
        let good = proof(&header(), &claims());
        for at in (0..good.len()).step_by(7) {
            assert!(verify(&good[..at]).is_err());
            let mut altered = good.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            assert!(verify(&String::from_utf8(altered).unwrap()).is_err(), "{at}");
        }
        assert!(verify(&format!("{good}{}", "A".repeat(MAX_PROOF))).is_err());
        assert!(verify("..").is_err() && verify("").is_err());
    }
}
