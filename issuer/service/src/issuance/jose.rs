//! JSON Web Signatures in their compact form (RFC 7515, section 7.1) by P-256 keys: all that proofs and
//! attestations need.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use szid_protocol::crypto::SignatureBackend;
use szid_protocol::key::PublicKey;
use szid_verifier::AwsLcBackend;

use super::parts::Part;
use crate::unreadable_text::missing_field;

/// A JWT that was read; its signature is not verified yet.
pub(super) struct Unverified<'a, H, C> {
    pub(super) header: H,
    pub(super) claims: C,
    message: &'a str,
    signature: [u8; 64],
}

impl<'a, H: DeserializeOwned, C: DeserializeOwned> Unverified<'a, H, C> {
    /// # Errors
    /// The part that cannot be read.
    pub(super) fn read(jwt: &'a str) -> Result<Self, Part> {
        let (message, signature) = jwt.rsplit_once('.').ok_or(Part::Form)?;
        let (header, claims) = message.split_once('.').ok_or(Part::Form)?;
        let signature = decode(signature).and_then(|bytes| bytes.try_into().ok());
        Ok(Self {
            header: read_json(header)?,
            claims: read_json(claims)?,
            message,
            signature: signature.ok_or(Part::Signature)?,
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

fn read_json<T: DeserializeOwned>(part: &str) -> Result<T, Part> {
    let bytes = decode(part).ok_or(Part::Form)?;
    let mut reader = serde_json::Deserializer::from_slice(&bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(unreadable)?;
    reader.end().map_err(|_| Part::Form)?;
    Ok(read)
}

/// The member that is missing or of another kind, where that can be told.
fn unreadable(error: serde_path_to_error::Error<serde_json::Error>) -> Part {
    let path = error.path().to_string();
    let member = path.split(['.', '[']).next().unwrap_or_default();
    let text = error.inner().to_string();
    Part::named(member).or_else(|| Part::named(missing_field(&text)?)).unwrap_or(Part::Form)
}
