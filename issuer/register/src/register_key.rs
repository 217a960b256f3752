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
    lookup: Zeroizing<[u8; 32]>,
    nonce: Zeroizing<[u8; 32]>,
    challenge: Zeroizing<[u8; 32]>,
    offer: Zeroizing<[u8; 32]>,
}

impl RegisterKey {
    /// Derives the register's keys from its data secret (HKDF-SHA256, one label each).
    pub fn derive(secret: &[u8; 32]) -> Self {
        let derive = |label: &str| derive(secret, label);
        let seal = Aes256Gcm::new((&*derive("szid register seal v1")).into());
        Self {
            seal,
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
        let nonce = make_random::<12>(entropy)?;
        let payload = Payload { msg: plain, aad: context };
        let sealed = self.seal.encrypt(&Nonce::from(nonce), payload).map_err(|_| EntropyError)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`RegisterKey::seal`] made, `None` for anything else.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<12>()?;
        let payload = Payload { msg: sealed, aad: context };
        self.seal.decrypt(&Nonce::from(*nonce), payload).ok().map(Zeroizing::new)
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
