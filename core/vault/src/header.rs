//! The key file's bytes. Pure: no files, no ports.
//!
//! ```text
//! magic "SZIDVLT\0" (8) | format version u16 | wrapped length u16 | vault id (16)
//! | wrapped master key | key tag (32, HMAC under a derived key) | SHA-256 of all before (32)
//! ```
//! The first ten bytes and the closing SHA-256 keep their meaning in every later format, so that old software
//! can tell a newer vault from a damaged one.

use sha2::{Digest, Sha256};

use crate::error::{DamagedPart, VaultError};
use crate::keys::{Keys, VAULT_ID_LEN};

/// The format this software writes, and the highest that it reads.
pub(crate) const FORMAT_VERSION: u16 = 1;
/// The most a platform key may add to the 32 bytes it wraps.
pub(crate) const MAX_WRAPPED_LEN: usize = 4096;

const MAGIC: &[u8; 8] = b"SZIDVLT\0";
const FIXED_LEN: usize = 8 + 2 + 2 + VAULT_ID_LEN;
const TAG_LEN: usize = 32;
const CHECKSUM_LEN: usize = 32;
/// No key file is longer.
pub(crate) const MAX_HEADER_LEN: usize = FIXED_LEN + MAX_WRAPPED_LEN + TAG_LEN + CHECKSUM_LEN;

/// What a key file says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) version: u16,
    pub(crate) vault_id: [u8; VAULT_ID_LEN],
    pub(crate) wrapped: Vec<u8>,
    pub(crate) key_tag: [u8; TAG_LEN],
}

impl Header {
    /// A header of the current format, tagged with the vault's keys.
    pub(crate) fn make(
        vault_id: [u8; VAULT_ID_LEN],
        wrapped: Vec<u8>,
        keys: &Keys,
    ) -> Result<Header, VaultError> {
        if wrapped.len() > MAX_WRAPPED_LEN {
            return Err(VaultError::TooLarge {
                what: "wrapped key",
                size: wrapped.len(),
                limit: MAX_WRAPPED_LEN,
            });
        }
        let mut header =
            Header { version: FORMAT_VERSION, vault_id, wrapped, key_tag: [0; TAG_LEN] };
        header.key_tag = keys.header_tag(&[&header.tagged_bytes()]);
        Ok(header)
    }

    /// Whether these keys made this header.
    pub(crate) fn belongs_to(&self, keys: &Keys) -> bool {
        keys.header_tag(&[&self.tagged_bytes()]) == self.key_tag
    }

    fn tagged_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(MAX_HEADER_LEN);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.extend_from_slice(&(self.wrapped.len() as u16).to_be_bytes());
        bytes.extend_from_slice(&self.vault_id);
        bytes.extend_from_slice(&self.wrapped);
        bytes
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.tagged_bytes();
        bytes.extend_from_slice(&self.key_tag);
        let checksum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&checksum);
        bytes
    }

    /// Reads a key file, and says what is wrong with one that it cannot read.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Header, VaultError> {
        let damaged = VaultError::Damaged(DamagedPart::KeyFile);
        // A file that starts like ours, or ends before it could not, is ours cut short.
        let looks_ours = bytes.starts_with(MAGIC) || MAGIC.starts_with(bytes);
        let split = bytes.len().checked_sub(CHECKSUM_LEN).and_then(|at| bytes.split_at_checked(at));
        let Some((content, checksum)) = split.filter(|(content, _)| content.len() >= MAGIC.len())
        else {
            return Err(if looks_ours { damaged } else { VaultError::Foreign });
        };
        let rest = &content[MAGIC.len()..];
        // Computed as if the magic were right: a file that is ours but for its magic is damaged, not foreign.
        let intact =
            Sha256::new().chain_update(MAGIC).chain_update(rest).finalize().as_slice() == checksum;
        if !looks_ours {
            return Err(if intact { damaged } else { VaultError::Foreign });
        }
        if !intact {
            return Err(damaged);
        }
        let Some((version, rest)) = rest.split_first_chunk::<2>() else { return Err(damaged) };
        let version = u16::from_be_bytes(*version);
        if version > FORMAT_VERSION {
            return Err(VaultError::NewerVersion { found: version, supported: FORMAT_VERSION });
        }
        if version == 0 {
            return Err(VaultError::Foreign);
        }
        let Some((wrapped_len, rest)) = rest.split_first_chunk::<2>() else { return Err(damaged) };
        let wrapped_len = usize::from(u16::from_be_bytes(*wrapped_len));
        let Some((vault_id, rest)) = rest.split_first_chunk::<VAULT_ID_LEN>() else {
            return Err(damaged);
        };
        let Some((wrapped, tag)) = rest.split_at_checked(wrapped_len) else { return Err(damaged) };
        let Ok(key_tag) = <[u8; TAG_LEN]>::try_from(tag) else { return Err(damaged) };
        if wrapped_len > MAX_WRAPPED_LEN {
            return Err(damaged);
        }
        Ok(Header { version, vault_id: *vault_id, wrapped: wrapped.to_vec(), key_tag })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Keys, Header) {
        let keys = Keys::derive(&[7; 32], &[9; 16]);
        let header = Header::make([9; 16], vec![1, 2, 3], &keys).unwrap();
        (keys, header)
    }

    #[test]
    fn round_trip_and_ownership() {
        let (keys, header) = sample();
        let read = Header::decode(&header.encode()).ok().unwrap();
        assert!(read == header && read.belongs_to(&keys));
        assert!(!read.belongs_to(&Keys::derive(&[8; 32], &[9; 16])));
    }

    #[test]
    fn every_bit_flip_and_every_cut_is_refused() {
        let bytes = sample().1.encode();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                Header::decode(&flipped).err().unwrap().code(),
                "VAULT_DAMAGED",
                "bit {bit}"
            );
        }
        for len in 0..bytes.len() {
            assert_eq!(
                Header::decode(&bytes[..len]).err().unwrap().code(),
                "VAULT_DAMAGED",
                "length {len}"
            );
        }
        assert_eq!(
            Header::decode(b"SQLite format 3\0 and so on, long enough to be a file")
                .err()
                .unwrap()
                .code(),
            "VAULT_FOREIGN"
        );
    }

    #[test]
    fn a_newer_version_asks_for_an_update() {
        let (_, mut header) = sample();
        header.version = 2;
        assert!(matches!(
            Header::decode(&header.encode()),
            Err(VaultError::NewerVersion { found: 2, supported: 1 })
        ));
    }
}
