//! JSON Web Signatures in their compact form (RFC 7515, section 7.1) by P-256 keys: all that proofs and attestations need.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use szid_protocol::crypto::SignatureBackend;
use szid_protocol::key::PublicKey;
use szid_verifier::AwsLcBackend;

/// A JWT that was read; its signature is not verified yet.
pub(super) struct Unverified<'a, H, C> {
    pub(super) header: H,
    pub(super) claims: C,
    message: &'a str,
    signature: [u8; 64],
}

impl<'a, H: DeserializeOwned, C: DeserializeOwned> Unverified<'a, H, C> {
    pub(super) fn read(jwt: &'a str) -> Option<Self> {
        let (message, signature) = jwt.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        Some(Self {
            header: serde_json::from_slice(&decode(header)?).ok()?,
            claims: serde_json::from_slice(&decode(claims)?).ok()?,
            message,
            signature: decode(signature)?.try_into().ok()?,
        })
    }

    /// True when this key has signed it.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        let verifier = AwsLcBackend.verifying_key(key);
        verifier.is_ok_and(|key| key.verify(self.message.as_bytes(), &self.signature))
    }
}

/// A public key on P-256 (RFC 7518, section 6.2).
#[derive(Deserialize)]
pub(super) struct Jwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
    d: Option<IgnoredAny>,
}

impl Jwk {
    /// The key, unless it is of another kind, off the curve, or tells its private half.
    pub(super) fn public_key(&self) -> Option<PublicKey> {
        if (self.kty.as_str(), self.crv.as_str()) != ("EC", "P-256") || self.d.is_some() {
            return None;
        }
        let x = decode(&self.x)?.try_into().ok()?;
        let y = decode(&self.y)?.try_into().ok()?;
        PublicKey::from_coordinates(&x, &y).ok()
    }
}

fn decode(part: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(part.as_bytes()).ok()
}
