//! ID tokens that are encrypted to the city (JWE, RFC 7516) by ECDH-ES with A256KW on P-256, and A256GCM or
//! A256CBC-HS512 (RFC 7518): what providers of the FAPI kind use, and nothing else.
//!
//! The one complete library of the field links OpenSSL beside the library that this program has; this is the
//! narrow part over the latter, tested with what other programs encrypted.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{self, HMAC_SHA512};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::key_wrap::{AES_256 as WRAP_256, AesKek, KeyWrap};
use data_encoding::BASE64URL_NOPAD;
use p256::SecretKey;
use p256::pkcs8::DecodePrivateKey;
use serde::Deserialize;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::connectors::ProofFault;

const ALGORITHM: &str = "ECDH-ES+A256KW";
/// The key that wraps, bits.
const WRAP_BITS: u32 = 256;

/// The key that opens tokens, on P-256.
pub struct DecryptionKey(PrivateKey);

/// Why a key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no P-256 private key in PKCS #8 form")]
pub struct KeyFault;

#[derive(Deserialize)]
struct Head {
    alg: String,
    enc: Encryption,
    epk: Ephemeral,
    #[serde(default)]
    apu: String,
    #[serde(default)]
    apv: String,
    #[serde(default)]
    crit: Option<Vec<String>>,
    #[serde(default)]
    zip: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
enum Encryption {
    #[serde(rename = "A256GCM")]
    Gcm,
    #[serde(rename = "A256CBC-HS512")]
    CbcHmac,
}

#[derive(Deserialize)]
struct Ephemeral {
    kty: String,
    crv: String,
    x: String,
    y: String,
}

/// The parts of the compact form (RFC 7516, section 3.1).
struct Parts<'a> {
    /// As it was written: it is authenticated.
    head: &'a str,
    iv: Vec<u8>,
    text: Vec<u8>,
    tag: Vec<u8>,
}

impl DecryptionKey {
    /// The key in a PKCS #8 PEM file.
    ///
    /// # Errors
    /// [`KeyFault`].
    pub fn from_pem(pem: &str) -> Result<Self, KeyFault> {
        let secret = SecretKey::from_pkcs8_pem(pem).map_err(|_| KeyFault)?;
        let scalar = Zeroizing::new(secret.to_bytes());
        let key = PrivateKey::from_private_key(&ECDH_P256, &scalar).map_err(|_| KeyFault)?;
        Ok(Self(key))
    }

    /// What was encrypted to this key.
    ///
    /// # Errors
    /// [`ProofFault::Answer`]: one word for whatever fails after the head was read, so that nobody learns
    /// which part it was.
    pub(super) fn open(&self, token: &str) -> Result<Zeroizing<String>, ProofFault> {
        const FAULT: ProofFault = ProofFault::Answer("encryption");
        let parts: Vec<&str> = token.split('.').collect();
        let [head, key, iv, text, tag] = parts[..] else { return Err(FAULT) };
        let bytes = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| FAULT);
        let read: Head = serde_json::from_slice(&bytes(head)?).map_err(|_| FAULT)?;
        if read.alg != ALGORITHM || read.crit.is_some() || read.zip.is_some() {
            return Err(FAULT);
        }
        let kek = self.agree(&read).ok_or(FAULT)?;
        let parts = Parts { head, iv: bytes(iv)?, text: bytes(text)?, tag: bytes(tag)? };
        let key = unwrap(&kek, &bytes(key)?).ok_or(FAULT)?;
        let opened = match read.enc {
            Encryption::Gcm => open_gcm(&key, parts),
            Encryption::CbcHmac => open_cbc(&key, parts),
        };
        let opened = opened.ok_or(FAULT)?;
        // What is within is a token, all of it ASCII.
        let text = std::str::from_utf8(&opened).map_err(|_| FAULT)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// The key that wraps the content's (RFC 7518, section 4.6).
    fn agree(&self, head: &Head) -> Option<Zeroizing<Vec<u8>>> {
        let Ephemeral { kty, crv, x, y } = &head.epk;
        if (kty.as_str(), crv.as_str()) != ("EC", "P-256") {
            return None;
        }
        let part = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        let point = [&[4][..], &part(x)?, &part(y)?].concat();
        // Points off the curve are refused where they are read.
        let point = UnparsedPublicKey::new(&ECDH_P256, point);
        let (apu, apv) = (part(&head.apu)?, part(&head.apv)?);
        let derive = |shared: &[u8]| Ok(concat_kdf(shared, &apu, &apv));
        agree(&self.0, point, (), derive).ok()
    }
}

/// One round gives all that is needed (NIST SP 800-56A, section 5.8.1).
fn concat_kdf(shared: &[u8], apu: &[u8], apv: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut input = Zeroizing::new(1_u32.to_be_bytes().to_vec());
    input.extend_from_slice(shared);
    for part in [ALGORITHM.as_bytes(), apu, apv] {
        // Tokens are bounded far below this.
        input.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        input.extend_from_slice(part);
    }
    input.extend_from_slice(&WRAP_BITS.to_be_bytes());
    Zeroizing::new(digest(&SHA256, &input).as_ref().to_vec())
}

fn unwrap(kek: &[u8], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let kek = AesKek::new(&WRAP_256, kek).ok()?;
    let mut key = Zeroizing::new(vec![0; wrapped.len()]);
    let length = kek.unwrap(wrapped, &mut key).ok()?.len();
    key.truncate(length);
    Some(key)
}

fn open_gcm(key: &[u8], parts: Parts<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let Parts { head, iv, text, tag } = parts;
    // Shorter tags are none of this algorithm's (RFC 7518, section 5.3).
    if tag.len() != AES_256_GCM.tag_len() {
        return None;
    }
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(&iv).ok()?;
    let mut text = Zeroizing::new([text, tag].concat());
    let length = key.open_in_place(nonce, Aad::from(head.as_bytes()), &mut text).ok()?.len();
    text.truncate(length);
    Some(text)
}

/// RFC 7518, section 5.2.2.2: the tag first.
fn open_cbc(key: &[u8], parts: Parts<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let Parts { head, iv, text, tag } = parts;
    let (mac_key, text_key) = key.split_at_checked(32).filter(|(_, right)| right.len() == 32)?;
    let bits = u64::try_from(head.len()).ok()?.checked_mul(8)?;
    let mut mac = hmac::Context::with_key(&hmac::Key::new(HMAC_SHA512, mac_key));
    for part in [head.as_bytes(), &iv, &text, &bits.to_be_bytes()] {
        mac.update(part);
    }
    let expected = mac.sign();
    if !bool::from(expected.as_ref()[..32].ct_eq(&tag)) {
        return None;
    }
    let key = UnboundCipherKey::new(&AES_256, text_key).ok()?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
    let iv = FixedLength::<16>::try_from(iv.as_slice()).ok()?;
    let mut text = Zeroizing::new(text);
    let length = key.decrypt(&mut text, DecryptionContext::Iv128(iv)).ok()?.len();
    text.truncate(length);
    Some(text)
}
