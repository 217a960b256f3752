//! A hash of several parts, each with its length: no two lists of parts are the same bytes.

use sha2::{Digest, Sha256};

/// A SHA-256 that is being made.
pub(crate) struct Digest32(Sha256);

impl Digest32 {
    /// Begins a digest of one purpose.
    pub(crate) fn of(purpose: &[u8]) -> Self {
        Self(Sha256::new()).part(Some(purpose))
    }

    /// Adds a part that may be left out; left out is not the same as empty.
    pub(crate) fn part(mut self, part: Option<&[u8]>) -> Self {
        self.0.update([u8::from(part.is_some())]);
        if let Some(part) = part {
            self.0.update((part.len() as u64).to_be_bytes());
            self.0.update(part);
        }
        self
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_not_run_together() {
        let digest = |parts: &[Option<&[u8]>]| {
            parts.iter().fold(Digest32::of(b"test"), |digest, part| digest.part(*part)).finish()
        };
        let lists: [&[Option<&[u8]>]; 6] = [
            &[Some(b"ab"), Some(b"c")],
            &[Some(b"a"), Some(b"bc")],
            &[Some(b"abc"), Some(b"")],
            &[Some(b"abc"), None],
            &[Some(b"abc")],
            &[None, Some(b"abc")],
        ];
        for (at, list) in lists.iter().enumerate() {
            assert!(lists[..at].iter().all(|other| digest(other) != digest(list)), "{at}");
        }
    }
}
