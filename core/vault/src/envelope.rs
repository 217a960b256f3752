//! Sealing one item: AES-256-GCM, bound to where the item belongs.
//!
//! ```text
//! envelope version u8 (1) | nonce (12) | ciphertext | tag (16)
//! ```

use aes_gcm::aead::{Aead, Payload};
use zeroize::Zeroizing;

use crate::keys::Keys;
use crate::nonces::NONCE_LEN;

/// Format of the envelope.
pub(crate) const ENVELOPE_VERSION: u8 = 1;
/// What an envelope adds to its content.
pub(crate) const OVERHEAD: usize = 1 + NONCE_LEN + 16;
/// Length of the key under which an item is stored: its region and 32 blinded bytes.
pub(crate) const ITEM_KEY_LEN: usize = 33;

/// The key of an item in the engine.
pub(crate) type ItemKey = [u8; ITEM_KEY_LEN];

/// The parts of the key space. The number is the first byte of an item's key and stands for the tree in the
/// authenticated data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Region {
    /// The one item that counts commits.
    Meta = 0,
    /// One item per record: its names and which write it is from.
    Directory = 1,
    /// The parts of the values.
    Content = 2,
}

/// The place an item belongs to; an item moved elsewhere does not open.
pub(crate) struct Place<'a> {
    pub(crate) key: &'a ItemKey,
    /// The commit that wrote the item, where the reader knows it from elsewhere; otherwise zero.
    pub(crate) commit: u64,
    /// Which part of how many.
    pub(crate) part: (u8, u8),
}

impl Place<'_> {
    fn authenticated(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(64);
        data.extend_from_slice(b"szid-vault item");
        data.push(ENVELOPE_VERSION);
        data.extend_from_slice(self.key);
        data.extend_from_slice(&self.commit.to_be_bytes());
        data.extend_from_slice(&[self.part.0, self.part.1]);
        data
    }
}

/// Encrypts an item for its place. `None` only if the cipher refuses the length, which bounded items never
/// reach.
pub(crate) fn seal(
    keys: &Keys,
    place: &Place<'_>,
    nonce: &[u8; NONCE_LEN],
    plain: &[u8],
) -> Option<Vec<u8>> {
    let sealed = keys
        .seal
        .encrypt(nonce.into(), Payload { msg: plain, aad: &place.authenticated() })
        .ok()?;
    let mut envelope = Vec::with_capacity(plain.len() + OVERHEAD);
    envelope.push(ENVELOPE_VERSION);
    envelope.extend_from_slice(nonce);
    envelope.extend_from_slice(&sealed);
    Some(envelope)
}

/// Decrypts an item found at its place; `None` if it is not the item sealed for this place.
pub(crate) fn open(keys: &Keys, place: &Place<'_>, envelope: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (&[version], rest) = envelope.split_first_chunk::<1>()?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
    if version != ENVELOPE_VERSION {
        return None;
    }
    let plain = keys
        .seal
        .decrypt(nonce.into(), Payload { msg: sealed, aad: &place.authenticated() })
        .ok()?;
    Some(Zeroizing::new(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_at_its_place_and_unaltered() {
        let keys = Keys::derive(&[1; 32], &[2; 16]);
        let place = Place { key: &[3; 33], commit: 4, part: (0, 2) };
        let sealed = seal(&keys, &place, &[5; 12], b"content").unwrap();
        assert_eq!(sealed.len(), 7 + OVERHEAD);
        assert_eq!(open(&keys, &place, &sealed).unwrap().as_slice(), b"content");
        for other in [
            Place { key: &[4; 33], ..place },
            Place { commit: 5, ..place },
            Place { part: (1, 2), ..place },
            Place { part: (0, 3), ..place },
        ] {
            assert!(open(&keys, &other, &sealed).is_none());
        }
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&keys, &place, &flipped).is_none());
        }
        for len in 0..sealed.len() {
            assert!(open(&keys, &place, &sealed[..len]).is_none());
        }
    }
}
