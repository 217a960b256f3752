//! JWTs by keys with small numbers.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use szid_protocol::crypto::{Signer, SoftwareSigner};

pub(super) const ISSUER: &str = "https://id.example.cn";
pub(super) const NOW: u64 = 1_768_449_600;

pub(super) fn signer(scalar: u8) -> SoftwareSigner {
    SoftwareSigner::from_scalar(&[scalar; 32]).unwrap()
}

pub(super) fn jwk(scalar: u8) -> Value {
    let (x, y) = signer(scalar).public_key().to_coordinates().unwrap();
    let encode = |part: &[u8]| BASE64URL_NOPAD.encode(part);
    json!({ "kty": "EC", "crv": "P-256", "x": encode(&x), "y": encode(&y) })
}

pub(super) fn jwt(header: &Value, claims: &Value, scalar: u8) -> String {
    let encode = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = signer(scalar).sign(message.as_bytes()).unwrap();
    format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
}
