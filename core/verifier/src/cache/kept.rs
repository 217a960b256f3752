//! The form in which a document is kept: with the mark below which nothing is accepted again.

use sha2::{Digest, Sha256};

use super::CacheStore;
use crate::error::VerifierError;

const MAGIC: &[u8; 8] = b"SZKEPT01";
const CHECK_BYTES: usize = 8;

/// A kept document. The mark outlives the document's own validity: a list whose key was withdrawn is not used
/// any more, yet nothing older than it may follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptDocument {
    /// The version, or the time of issue.
    pub mark: u64,
    /// The URI of a status list; empty elsewhere.
    pub(crate) label: String,
    /// The signed document, as it came.
    pub document: Vec<u8>,
}

impl KeptDocument {
    /// A document with its mark.
    pub fn new(mark: u64, document: &[u8]) -> Self {
        Self { mark, label: String::new(), document: document.to_vec() }
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32 + self.label.len() + self.document.len());
        bytes.extend(MAGIC);
        bytes.extend(self.mark.to_be_bytes());
        bytes.extend((self.label.len() as u64).to_be_bytes());
        bytes.extend(self.label.as_bytes());
        bytes.extend(&self.document);
        let check = Sha256::digest(&bytes);
        bytes.extend(&check[..CHECK_BYTES]);
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (content, check) = bytes.split_last_chunk::<CHECK_BYTES>()?;
        if Sha256::digest(content)[..CHECK_BYTES] != check[..] {
            return None;
        }
        let rest = content.strip_prefix(MAGIC)?;
        let (mark, rest) = rest.split_first_chunk()?;
        let (label, rest) = rest.split_first_chunk()?;
        let (label, document) =
            rest.split_at_checked(usize::try_from(u64::from_be_bytes(*label)).ok()?)?;
        Some(Self {
            mark: u64::from_be_bytes(*mark),
            label: String::from_utf8(label.to_vec()).ok()?,
            document: document.to_vec(),
        })
    }

    /// Keeps it under this name, in place of what was kept.
    ///
    /// # Errors
    /// [`VerifierError::Write`].
    pub fn save(&self, name: &str, store: &dyn CacheStore) -> Result<(), VerifierError> {
        store.save(name, &self.encode())
    }

    /// What is kept under this name.
    ///
    /// # Errors
    /// [`VerifierError::Read`], [`VerifierError::CacheDamaged`].
    pub fn load(name: &str, store: &dyn CacheStore) -> Result<Option<Self>, VerifierError> {
        let Some(bytes) = store.load(name)? else { return Ok(None) };
        let damaged = || VerifierError::CacheDamaged(name.to_owned());
        Self::decode(&bytes).map(Some).ok_or_else(damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_byte_and_every_cut_is_noticed() {
        let record = KeptDocument { mark: 7, label: "uri".into(), document: vec![1, 2, 3] };
        let bytes = record.encode();
        assert_eq!(KeptDocument::decode(&bytes), Some(record));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(KeptDocument::decode(&damaged), None);
            assert_eq!(KeptDocument::decode(&bytes[..at]), None);
        }
    }
}
