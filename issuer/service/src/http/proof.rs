//! Key proofs of OpenID4VCI 1.0 (appendix F.1): a JWT by each device key over the issuer's nonce.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
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
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
    d: Option<serde::de::IgnoredAny>,
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
    if kind != ("openid4vci-proof+jwt", "ES256", "EC", "P-256") || jwk.d.is_some() {
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
