//! Key proofs of OpenID4VCI 1.0 (appendix F.1): a JWT by each device key over the issuer's nonce.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use szid_protocol::crypto::SignatureBackend;
use szid_protocol::key::PublicKey;
use szid_verifier::AwsLcBackend;

/// The longest proof, bytes.
const MAX_PROOF: usize = 2048;
/// How far a proof's time may be off, seconds. Phones' clocks are; the nonce is what makes a proof fresh.
const MAX_CLOCK_DIFFERENCE: u64 = 86_400;

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: Jwk,
    // A key may be named in one way only.
    kid: Option<IgnoredAny>,
    x5c: Option<IgnoredAny>,
    trust_chain: Option<IgnoredAny>,
    // Extensions that must be understood (RFC 7515, section 4.1.11): none is.
    crit: Option<IgnoredAny>,
}

impl Header {
    fn names_only_its_jwk(&self) -> bool {
        [&self.kid, &self.x5c, &self.trust_chain, &self.crit].iter().all(|part| part.is_none())
    }
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
    d: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    aud: String,
    iat: u64,
    nonce: String,
}

/// A proof's fault: of the proof itself, or of its nonce.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ProofFault {
    Proof,
    Nonce,
}

/// Verifies a proof for `issuer` and returns the device key.
pub(super) fn verify_proof(
    jwt: &str,
    issuer: &str,
    now: u64,
    nonce_is_good: impl Fn(&str) -> bool,
) -> Result<PublicKey, ProofFault> {
    let key = read_proof(jwt, issuer, now);
    let (key, nonce) = key.ok_or(ProofFault::Proof)?;
    if nonce_is_good(&nonce) { Ok(key) } else { Err(ProofFault::Nonce) }
}

fn read_proof(jwt: &str, issuer: &str, now: u64) -> Option<(PublicKey, String)> {
    if jwt.len() > MAX_PROOF {
        return None;
    }
    let (message, signature) = jwt.rsplit_once('.')?;
    let (header, claims) = message.split_once('.')?;
    let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).ok();
    let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
    let claims: Claims = serde_json::from_slice(&decode(claims)?).ok()?;
    let jwk = &header.jwk;
    let kind = (header.typ.as_str(), header.alg.as_str(), jwk.kty.as_str(), jwk.crv.as_str());
    if kind != ("openid4vci-proof+jwt", "ES256", "EC", "P-256")
        || jwk.d.is_some()
        || !header.names_only_its_jwk()
    {
        return None;
    }
    if claims.aud != issuer || claims.iat.abs_diff(now) > MAX_CLOCK_DIFFERENCE {
        return None;
    }
    let x = decode(&jwk.x)?.try_into().ok()?;
    let y = decode(&jwk.y)?.try_into().ok()?;
    let key = PublicKey::from_coordinates(&x, &y).ok()?;
    let signature = decode(signature)?.try_into().ok()?;
    let verified = AwsLcBackend.verifying_key(&key).ok()?.verify(message.as_bytes(), &signature);
    verified.then_some((key, claims.nonce))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use szid_protocol::crypto::{Signer, SoftwareSigner};

    const ISSUER: &str = "https://id.example.cn";
    const NOW: u64 = 1_768_449_600;

    fn signer() -> SoftwareSigner {
        SoftwareSigner::from_scalar(&[7; 32]).unwrap()
    }

    fn header() -> Value {
        let (x, y) = signer().public_key().to_coordinates().unwrap();
        let encode = |part: &[u8]| BASE64URL_NOPAD.encode(part);
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": encode(&x), "y": encode(&y) });
        json!({ "typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": jwk })
    }

    fn claims() -> Value {
        json!({ "aud": ISSUER, "iat": NOW, "nonce": "fresh" })
    }

    fn proof(header: &Value, claims: &Value) -> String {
        let encode = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = signer().sign(message.as_bytes()).unwrap();
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    fn verify(jwt: &str) -> Result<PublicKey, ProofFault> {
        verify_proof(jwt, ISSUER, NOW, |nonce| nonce == "fresh")
    }

    #[test]
    fn a_good_proof_gives_its_key_and_a_stale_nonce_is_named() {
        assert_eq!(verify(&proof(&header(), &claims())), Ok(signer().public_key()));
        let mut stale = claims();
        stale["nonce"] = json!("stale");
        assert_eq!(verify(&proof(&header(), &stale)), Err(ProofFault::Nonce));
    }

    #[test]
    fn every_other_header_or_claim_is_refused() {
        for (name, value) in [
            ("typ", json!("JWT")),
            ("alg", json!("none")),
            ("alg", json!("ES384")),
            ("kid", json!("1")),
            ("x5c", json!([])),
            ("trust_chain", json!([])),
            ("crit", json!(["exp"])),
            ("jwk", json!(null)),
        ] {
            let mut other = header();
            other[name] = value;
            assert_eq!(verify(&proof(&other, &claims())), Err(ProofFault::Proof), "{name}");
        }
        for (name, value) in [("crv", json!("P-384")), ("d", json!("AA")), ("y", json!("AA"))] {
            let mut other = header();
            other["jwk"][name] = value;
            assert_eq!(verify(&proof(&other, &claims())), Err(ProofFault::Proof), "{name}");
        }
        for (name, value) in [
            ("aud", json!("https://other.example")),
            ("iat", json!(NOW - 86_401)),
            ("iat", json!(-1)),
        ] {
            let mut other = claims();
            other[name] = value;
            assert_eq!(verify(&proof(&header(), &other)), Err(ProofFault::Proof), "{name}");
        }
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
