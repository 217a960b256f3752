//! The parts of a JWT by a P-256 key (RFC 7515, RFC 7517).

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use szid_protocol::key::PublicKey;

use crate::ports::KeyError;

/// A public key as a JWK.
pub(crate) fn jwk(key: &PublicKey) -> Result<Value, KeyError> {
    let (x, y) = key.to_coordinates().map_err(|_| KeyError::Unavailable)?;
    let encode = |part: &[u8]| BASE64URL_NOPAD.encode(part);
    Ok(json!({ "kty": "EC", "crv": "P-256", "x": encode(&x), "y": encode(&y) }))
}

/// What is signed.
pub(crate) fn message(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
    format!("{}.{}", encode(header), encode(claims))
}
