//! Receipts of scans, signed by the city: venue and citizen keep the same words. No claim values, and
//! nobody's name.

use crate::cbor::{CborError, Reader, Writer};
use crate::crypto::Signer;
use crate::document::{UnverifiedDocument, claim, sign_document};
use crate::error::EncodeError;
use crate::receipt::{MAX_BYTES, MAX_TEXT_BYTES, ReceiptFault};
use crate::trust::{Purpose, VerifiedTrustList};

/// The document's media type.
pub const TYP: &str = "application/szid-scan-receipt+cwt";
/// The most claims that a receipt names.
const MAX_CLAIMS: usize = 32;
const CTI: i64 = 7;
const SZ_SCAN_RECEIPT: i64 = -65_543;

/// One scan, as both sides may show it later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanReceipt {
    /// When the receipt was signed, Unix seconds: the same scan can be asked for again.
    pub signed_at: u64,
    /// When it was scanned, Unix seconds.
    pub at: u64,
    /// Names the scan for both sides, see [`receipt_id`](crate::receipt::receipt_id).
    pub id: [u8; 16],
    /// The venue's id.
    pub venue: String,
    /// The device's label.
    pub device: String,
    /// The scene.
    pub scene: u16,
    /// The verdict's stable code.
    pub reason: String,
    /// What became of the question to the citizen: `not_asked`, `approved`, `denied` or `expired`.
    pub consent: String,
    /// The names of the claims that the venue received.
    pub claims: Vec<String>,
}

impl ScanReceipt {
    /// Signs the receipt with a key for receipts.
    ///
    /// # Errors
    /// [`EncodeError::TooLarge`] for texts that are empty or too long; [`EncodeError`] for a signer that does
    /// not sign.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Vec<u8>, EncodeError> {
        if !self.fits() {
            return Err(EncodeError::TooLarge);
        }
        let mut writer = Writer::with_capacity(256);
        writer.map(3).int(claim::IAT).uint(self.signed_at).int(CTI).bytes(&self.id);
        writer.int(SZ_SCAN_RECEIPT).map(7).int(1).text(&self.venue).int(2).text(&self.device);
        writer.int(3).uint(self.scene.into()).int(4).text(&self.reason);
        writer.int(5).text(&self.consent).int(6).array(self.claims.len());
        for name in &self.claims {
            writer.text(name);
        }
        writer.int(7).uint(self.at);
        let bytes = sign_document(TYP, &writer.into_bytes(), signer)?;
        if bytes.len() > MAX_BYTES { Err(EncodeError::TooLarge) } else { Ok(bytes) }
    }

    /// Reads a receipt that a key for receipts signed, valid at the time that the receipt says it was signed
    /// at.
    ///
    /// # Errors
    /// [`ReceiptFault`].
    pub fn verify(bytes: &[u8], trust: &VerifiedTrustList) -> Result<Self, ReceiptFault> {
        let malformed = |_| ReceiptFault::Malformed;
        let document = UnverifiedDocument::parse(bytes, TYP, MAX_BYTES).map_err(malformed)?;
        let receipt = Self::read(document.payload).map_err(malformed)?;
        if trust.verifies(&document, Purpose::Receipt, receipt.signed_at) {
            Ok(receipt)
        } else {
            Err(ReceiptFault::Signature)
        }
    }

    fn fits(&self) -> bool {
        let texts = [&self.venue, &self.device, &self.reason, &self.consent];
        let fit = |text: &String| !text.is_empty() && text.len() <= MAX_TEXT_BYTES;
        texts.into_iter().chain(&self.claims).all(fit) && self.claims.len() <= MAX_CLAIMS
    }

    fn read(payload: &[u8]) -> Result<Self, CborError> {
        let mut reader = Reader::new(payload);
        let mut map = reader.map()?;
        map.must(&mut reader, claim::IAT)?;
        let signed_at = reader.uint()?;
        map.must(&mut reader, CTI)?;
        let id = *reader.fixed_bytes()?;
        map.must(&mut reader, SZ_SCAN_RECEIPT)?;
        let mut own = reader.map()?;
        own.must(&mut reader, 1)?;
        let venue = reader.text()?.to_owned();
        own.must(&mut reader, 2)?;
        let device = reader.text()?.to_owned();
        own.must(&mut reader, 3)?;
        let scene = u16::try_from(reader.uint()?).map_err(|_| CborError::Malformed)?;
        own.must(&mut reader, 4)?;
        let reason = reader.text()?.to_owned();
        own.must(&mut reader, 5)?;
        let consent = reader.text()?.to_owned();
        own.must(&mut reader, 6)?;
        let mut claims = Vec::new();
        for _ in 0..reader.array_up_to(MAX_CLAIMS as u64)? {
            claims.push(reader.text()?.to_owned());
        }
        own.must(&mut reader, 7)?;
        let at = reader.uint()?;
        own.end()?;
        map.end()?;
        reader.finish()?;
        let receipt = Self { signed_at, at, id, venue, device, scene, reason, consent, claims };
        if receipt.fits() { Ok(receipt) } else { Err(CborError::Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::testing::{self, NOW, signer};
    use crate::receipt::receipt_id;
    use data_encoding::HEXLOWER;

    fn trust() -> VerifiedTrustList {
        testing::trust(&[(7, Purpose::Receipt), (8, Purpose::Venue)], NOW + 60)
    }

    fn receipt() -> ScanReceipt {
        ScanReceipt {
            signed_at: NOW,
            at: NOW - 3600,
            id: receipt_id(NOW, [9; 16]),
            venue: "hospital".into(),
            device: "desk-1".into(),
            scene: 6,
            reason: "OK".into(),
            consent: "approved".into(),
            claims: vec!["name".into(), "birth_date".into()],
        }
    }

    #[test]
    fn the_form_is_frozen() {
        // Everything but the signature.
        let bytes = receipt().sign(&signer(7)).unwrap();
        let frozen = concat!(
            "d2845831a301260448ce97ec20d43661a11078216170706c69636174696f6e2f737a69642d7363616e2d726563",
            "656970742b637774a05859a3061a696866400750019bbfcf6a00790989090909090909093a00010006a7016868",
            "6f73706974616c02666465736b2d31030604624f4b0568617070726f7665640682646e616d656a62697274685f",
            "64617465071a69685830",
        );
        assert_eq!(HEXLOWER.encode(&bytes[..bytes.len() - 66]), frozen);
    }

    #[test]
    fn a_receipt_is_whole_and_the_citys_own() {
        let (bytes, trust) = (receipt().sign(&signer(7)).unwrap(), trust());
        assert_eq!(ScanReceipt::verify(&bytes, &trust), Ok(receipt()));
        for at in 0..bytes.len() {
            assert!(ScanReceipt::verify(&bytes[..at], &trust).is_err(), "{at}");
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(ScanReceipt::verify(&flipped, &trust).is_err(), "{at}");
        }
        let late = ScanReceipt { signed_at: NOW + 60, ..receipt() };
        for foreign in [receipt().sign(&signer(8)), late.sign(&signer(7))] {
            let told = ScanReceipt::verify(&foreign.unwrap(), &trust);
            assert_eq!(told, Err(ReceiptFault::Signature));
        }
        let nameless = ScanReceipt { venue: String::new(), ..receipt() };
        let greedy = ScanReceipt { claims: vec!["name".into(); 33], ..receipt() };
        for bad in [nameless, greedy] {
            assert_eq!(bad.sign(&signer(7)), Err(EncodeError::TooLarge));
        }
    }
}
