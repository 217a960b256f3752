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

/// A certificate for the key 9, good until 2049, by nobody in particular.
pub(super) const CERTIFICATE_OF_9: &str = "\
    MIIBDzCBt6ADAgECAgEJMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMMB3Rlc3QgQ0EwHhcNMjAwMTAxMDAwMDAwWhcNNDkw\
    MTAxMDAwMDAwWjASMRAwDgYDVQQDDAdiYWNrZW5kMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEcTX6T9k6Cdzpi79o\
    G0v89Q58DWNU5ir7C/8qNClheGXtTB8C3bkCPuVqVX5RXWqdxmwR8iCWDeWUM031iHdnJDAKBggqhkjOPQQDAgNHADBE\
    AiBIiM23OhkNZJRku3bbVT684a+6hZcOGhZi8i4EAKSi/QIgP+TDkYHd2WD1WWft+YtJJi6biS+krlW/Vd7oHLkghqw=";
/// One that ended with the year 2020.
pub(super) const OLD_CERTIFICATE_OF_9: &str = "\
    MIIBEDCBt6ADAgECAgEJMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMMB3Rlc3QgQ0EwHhcNMjAwMTAxMDAwMDAwWhcNMjEw\
    MTAxMDAwMDAwWjASMRAwDgYDVQQDDAdiYWNrZW5kMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEcTX6T9k6Cdzpi79o\
    G0v89Q58DWNU5ir7C/8qNClheGXtTB8C3bkCPuVqVX5RXWqdxmwR8iCWDeWUM031iHdnJDAKBggqhkjOPQQDAgNIADBF\
    AiBjHIu7zt9jTa2oN3AXq1CLPA4BcyGlo8zm5fnP/5NBLQIhAJ8c6yvqycccvg01RXWOgOpstr5fNI33YP9GJEMfk16B";
/// One for the key 5.
pub(super) const CERTIFICATE_OF_5: &str = "\
    MIIBEjCBuKADAgECAgEFMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMMB3Rlc3QgQ0EwHhcNMjAwMTAxMDAwMDAwWhcNNDkw\
    MTAxMDAwMDAwWjATMREwDwYDVQQDDAhzdHJhbmdlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAeBDql0zqV3PmO4\
    l/N+O+mgnnpf6blxpE0QZawqOpMRY35HpPmUZKD9zkSojsfXA6kYPB0GVS2eLWt2BpSBxXcwCgYIKoZIzj0EAwIDSQAw\
    RgIhAMvCkd7Fy7l9CNOxjjubk9t4BpaZse9Ij1vqGDTenBb5AiEAgQkCFmbiFepGl1lEwocJrfxJ66yNdgWVR+R68HYX\
    gBI=";
