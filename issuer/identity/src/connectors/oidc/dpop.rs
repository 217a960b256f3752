//! Proofs of possession at the provider (DPoP, RFC 9449), by a key of this login alone.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::pkcs8::EncodePrivateKey;
use serde_json::{Value, json};

use super::visit::VisitKept;
use crate::connectors::ProofFault;

/// The key of one login.
pub(super) struct DpopKey {
    key: EncodingKey,
    jwk: Jwk,
}

impl DpopKey {
    /// The key that was drawn for a visit.
    pub(super) fn of(kept: &VisitKept) -> Result<Self, ProofFault> {
        let fault = |_| ProofFault::Answer("visit");
        let secret = SecretKey::from_slice(&*kept.dpop).map_err(fault)?;
        let der = secret.to_pkcs8_der().map_err(|_| ProofFault::Answer("visit"))?;
        let point = secret.public_key().to_sec1_point(false);
        let part = |bytes: Option<&[u8]>| BASE64URL_NOPAD.encode(bytes.unwrap_or_default());
        let (x, y) = (part(point.x().map(|x| &x[..])), part(point.y().map(|y| &y[..])));
        let jwk: Value = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
        let jwk = serde_json::from_value(jwk).map_err(|_| ProofFault::Answer("visit"))?;
        Ok(Self { key: EncodingKey::from_ec_der(der.as_bytes()), jwk })
    }

    /// The key's thumbprint (RFC 7638), to which the code is bound.
    pub(super) fn thumbprint(&self) -> Result<String, ProofFault> {
        self.jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| ProofFault::Answer("visit"))
    }

    /// A proof for one request (section 4.2). `id` is new for each.
    pub(super) fn prove(&self, proof: &DpopProof<'_>) -> Result<String, ProofFault> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("dpop+jwt".into());
        header.jwk = Some(self.jwk.clone());
        let mut claims = json!({ "jti": proof.id, "htm": proof.method, "htu": proof.address,
            "iat": proof.now });
        if let Some(nonce) = proof.nonce {
            claims["nonce"] = nonce.into();
        }
        if let Some(token) = proof.access_token {
            claims["ath"] =
                BASE64URL_NOPAD.encode(digest(&SHA256, token.as_bytes()).as_ref()).into();
        }
        encode(&header, &claims, &self.key).map_err(|_| ProofFault::Answer("dpop"))
    }
}

/// What a proof says.
pub(super) struct DpopProof<'a> {
    pub(super) id: &'a str,
    pub(super) method: &'static str,
    pub(super) address: &'a str,
    pub(super) now: u64,
    /// The provider's, where it wants one (section 8).
    pub(super) nonce: Option<&'a str>,
    pub(super) access_token: Option<&'a str>,
}
