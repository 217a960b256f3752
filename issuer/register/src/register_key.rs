//! The key over the register: identity data is sealed with it before it reaches the store.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::entropy::{Entropy, EntropyError, make_random};
use crate::master_key::derive;

/// Derived keys of the register. Never leaves the service; has no `Debug`.
pub struct RegisterKey {
    seal: Aes256Gcm,
    wrap: Aes256Gcm,
    lookup: Zeroizing<[u8; 32]>,
    nonce: Zeroizing<[u8; 32]>,
    challenge: Zeroizing<[u8; 32]>,
    offer: Zeroizing<[u8; 32]>,
}

impl RegisterKey {
    /// Derives the register's keys from its data secret (HKDF-SHA256, one label each).
    pub fn derive(secret: &[u8; 32]) -> Self {
        let derive = |label: &str| derive(secret, label);
        let cipher = |label: &str| Aes256Gcm::new((&*derive(label)).into());
        Self {
            seal: cipher("szid register seal v1"),
            wrap: cipher("szid register person key wrap v1"),
            lookup: derive("szid register lookup v1"),
            nonce: derive("szid nonce v1"),
            challenge: derive("szid venue challenge v1"),
            offer: derive("szid repeated offer v1"),
        }
    }

    /// Seals bytes; `context` must be the same when they are opened.
    ///
    /// # Errors
    /// [`EntropyError`] when no nonce can be drawn.
    pub fn seal(
        &self,
        plain: &[u8],
        context: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, EntropyError> {
        encrypt(&self.seal, plain, context, entropy)
    }

    /// Opens what [`RegisterKey::seal`] made, `None` for anything else.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        decrypt(&self.seal, sealed, context)
    }

    /// Wraps a person's data key.
    pub(crate) fn wrap(
        &self,
        key: &[u8],
        context: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, EntropyError> {
        encrypt(&self.wrap, key, context, entropy)
    }

    /// Opens what [`wrap`](Self::wrap) made.
    pub(crate) fn unwrap(&self, wrapped: &[u8], context: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        decrypt(&self.wrap, wrapped, context)
    }

    /// The look-up hash of a document.
    pub fn derive_lookup(&self, document_type: &str, number: &str) -> [u8; 32] {
        mac(&self.lookup, &[document_type.as_bytes(), b"\0", number.as_bytes()].concat())
    }

    /// The opaque id of the person with this look-up hash. Without the register's key it says nothing and
    /// cannot be found from a document; identity data is sealed to it, so that records cannot be exchanged
    /// for each other.
    pub fn derive_person(&self, lookup: &[u8; 32]) -> [u8; 16] {
        let mut id = [0; 16];
        id.copy_from_slice(&mac(&self.lookup, &[b"person\0".as_slice(), lookup].concat())[..16]);
        id
    }

    /// The id by which one venue knows a person: no two venues' ids can be told to be the same person's.
    pub fn derive_pairwise(&self, venue: &str, person: &[u8; 16]) -> [u8; 16] {
        let mut id = [0; 16];
        let content = [b"pairwise\0".as_slice(), person, venue.as_bytes()].concat();
        id.copy_from_slice(&mac(&self.lookup, &content)[..16]);
        id
    }

    /// The authentication tag of a stateless nonce.
    pub fn derive_nonce_tag(&self, content: &[u8]) -> [u8; 32] {
        mac(&self.nonce, content)
    }

    /// The nonce of a challenge that is computed again instead of remembered.
    pub fn derive_challenge(&self, content: &[u8]) -> [u8; 16] {
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&mac(&self.challenge, content)[..16]);
        nonce
    }

    /// A secret of an offer that is computed again where the request for it is sent again; `part` says which
    /// secret.
    pub fn derive_offer(&self, part: u8, request: &[u8; 32]) -> [u8; 32] {
        mac(&self.offer, &[[part].as_slice(), request].concat())
    }
}

/// Seals with a key that is nobody's but the caller's.
pub(crate) fn seal_with(
    key: &[u8; 32],
    plain: &[u8],
    context: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, EntropyError> {
    encrypt(&Aes256Gcm::new(key.into()), plain, context, entropy)
}

/// Opens what [`seal_with`] made.
pub(crate) fn open_with(
    key: &[u8; 32],
    sealed: &[u8],
    context: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    decrypt(&Aes256Gcm::new(key.into()), sealed, context)
}

fn encrypt(
    cipher: &Aes256Gcm,
    plain: &[u8],
    context: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, EntropyError> {
    let nonce = make_random::<12>(entropy)?;
    let payload = Payload { msg: plain, aad: context };
    let sealed = cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| EntropyError)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn decrypt(cipher: &Aes256Gcm, sealed: &[u8], context: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<12>()?;
    let payload = Payload { msg: sealed, aad: context };
    cipher.decrypt(&Nonce::from(*nonce), payload).ok().map(Zeroizing::new)
}

fn mac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // A key shorter than HMAC's block is padded with zeros (RFC 2104); done here, the length is right by its
    // type.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn sealed_data_opens_only_whole_and_in_its_context() {
        let key = RegisterKey::derive(&[7; 32]);
        let sealed = key.seal(b"name", b"person", &SystemEntropy).unwrap();
        assert_eq!(key.open(&sealed, b"person").unwrap().as_slice(), b"name");
        assert!(key.open(&sealed, b"other").is_none());
        assert!(RegisterKey::derive(&[8; 32]).open(&sealed, b"person").is_none());
        for at in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[at] ^= 1;
            assert!(key.open(&bad, b"person").is_none());
            assert!(key.open(&sealed[..at], b"person").is_none());
        }
        assert_ne!(key.derive_lookup("111", "1"), key.derive_lookup("11", "11"));
    }
}
