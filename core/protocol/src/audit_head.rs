//! Signed audit heads: how far the register's audit had come at a time. Whoever keeps one can tell later that
//! entries were taken away, or that the register was put back from a copy.

use crate::cbor::{CborError, Reader, Writer};
use crate::crypto::Signer;
use crate::document::{UnverifiedDocument, claim, sign_document};
use crate::error::EncodeError;
use crate::reason::Reason;
use crate::trust::{Purpose, VerifiedTrustList};

/// The document's media type.
pub const TYP: &str = "application/szid-audit-head+cwt";
/// The largest document, in bytes.
pub const MAX_BYTES: usize = 512;
const SZ_AUDIT_HEAD: i64 = -65_544;

/// The newest entry of a register's audit chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedAuditHead {
    /// When it was signed, Unix seconds.
    pub signed_at: u64,
    /// Names the register.
    pub register: [u8; 16],
    /// How often the register was put back from a copy. Numbers count within an epoch: those after the copy
    /// came again.
    pub epoch: u32,
    /// The newest entry's number, 0 for an empty chain.
    pub number: u64,
    /// SHA-256 of the whole chain.
    pub digest: [u8; 32],
}

impl SignedAuditHead {
    /// Signs the head with a key for receipts.
    ///
    /// # Errors
    /// [`EncodeError`] for a signer that does not sign.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Vec<u8>, EncodeError> {
        let mut writer = Writer::with_capacity(96);
        writer.map(2).int(claim::IAT).uint(self.signed_at).int(SZ_AUDIT_HEAD).map(4);
        writer.int(1).bytes(&self.register).int(2).uint(self.epoch.into());
        writer.int(3).uint(self.number).int(4).bytes(&self.digest);
        sign_document(TYP, &writer.into_bytes(), signer)
    }

    /// Reads a head that a key for receipts signed, valid at the time that the head says it was signed at.
    ///
    /// # Errors
    /// `MALFORMED` or `NOT_CANONICAL`; `TRUST_SIGNATURE` when no key for receipts of the list signed it.
    pub fn verify(bytes: &[u8], trust: &VerifiedTrustList) -> Result<Self, Reason> {
        let document = UnverifiedDocument::parse(bytes, TYP, MAX_BYTES)?;
        let head = Self::read(document.payload)?;
        if trust.verifies(&document, Purpose::Receipt, head.signed_at) {
            Ok(head)
        } else {
            Err(Reason::TrustSignature)
        }
    }

    fn read(payload: &[u8]) -> Result<Self, CborError> {
        let mut reader = Reader::new(payload);
        let mut map = reader.map()?;
        map.must(&mut reader, claim::IAT)?;
        let signed_at = reader.uint()?;
        map.must(&mut reader, SZ_AUDIT_HEAD)?;
        let mut own = reader.map()?;
        own.must(&mut reader, 1)?;
        let register = *reader.fixed_bytes()?;
        own.must(&mut reader, 2)?;
        let epoch = u32::try_from(reader.uint()?).map_err(|_| CborError::Malformed)?;
        own.must(&mut reader, 3)?;
        let number = reader.uint()?;
        own.must(&mut reader, 4)?;
        let digest = *reader.fixed_bytes()?;
        own.end()?;
        map.end()?;
        reader.finish()?;
        Ok(Self { signed_at, register, epoch, number, digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::testing::{self, NOW, signer};
    use data_encoding::HEXLOWER;

    fn trust() -> VerifiedTrustList {
        testing::trust(&[(7, Purpose::Receipt), (8, Purpose::Time)], NOW + 60)
    }

    fn head() -> SignedAuditHead {
        SignedAuditHead {
            signed_at: NOW,
            register: [5; 16],
            epoch: 2,
            number: 316,
            digest: [9; 32],
        }
    }

    #[test]
    fn the_form_is_frozen() {
        // Everything but the signature.
        let bytes = head().sign(&signer(7)).unwrap();
        let frozen = concat!(
            "d284582fa301260448ce97ec20d43661a110781f6170706c69636174696f6e2f737a69642d61756469742d6865",
            "61642b637774a05848a2061a696866403a00010007a40150050505050505050505050505050505050202031901",
            "3c0458200909090909090909090909090909090909090909090909090909090909090909",
        );
        assert_eq!(HEXLOWER.encode(&bytes[..bytes.len() - 66]), frozen);
    }

    #[test]
    fn a_head_is_whole_and_the_citys_own() {
        let (bytes, trust) = (head().sign(&signer(7)).unwrap(), trust());
        assert_eq!(SignedAuditHead::verify(&bytes, &trust), Ok(head()));
        for at in 0..bytes.len() {
            assert!(SignedAuditHead::verify(&bytes[..at], &trust).is_err(), "{at}");
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(SignedAuditHead::verify(&flipped, &trust).is_err(), "{at}");
        }
        let late = SignedAuditHead { signed_at: NOW + 60, ..head() };
        for foreign in [head().sign(&signer(8)), late.sign(&signer(7))] {
            let told = SignedAuditHead::verify(&foreign.unwrap(), &trust);
            assert_eq!(told, Err(Reason::TrustSignature));
        }
    }
}
