//! Receipts of devices that decided without connection: what was scanned and what it came to, signed by the
//! device. No claim values; of the holder the scanned code, which finds the pass in the register and proves
//! that it was shown.

use sha2::{Digest, Sha256};

use crate::cbor::{CborError, Reader, Writer};
use crate::crypto::{ES256, SignatureBackend, Signer};
use crate::digits;
use crate::document::{UnverifiedDocument, claim, sign_document};
use crate::error::EncodeError;
use crate::key::PublicKey;

/// The document's media type.
pub const TYP: &str = "application/szid-receipt+cwt";
/// The largest receipt, in bytes: one of the longest texts with the longest code has 792.
pub const MAX_BYTES: usize = 1024;
/// The longest venue, device and reason, in bytes of UTF-8.
pub const MAX_TEXT_BYTES: usize = 64;
const CTI: i64 = 7;
const SZ_RECEIPT: i64 = -65_541;

/// Why a receipt is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFault {
    /// The bytes are no receipt in its one form.
    #[error("not a receipt")]
    Malformed,
    /// The device's key did not sign it.
    #[error("the device's key did not sign this receipt")]
    Signature,
}

/// A code whose two signatures the device found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScannedCode {
    /// The code itself: whose it is and when it was drawn is read from it and proven by its signatures, see
    /// [`prove`](crate::proof::prove).
    Whole(Vec<u8>),
    /// The device's word alone, as receipts had it before they held the code.
    Told(ToldCode),
}

/// What a device says of a code, which nobody can check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldCode {
    /// As in [`ReplayKey`](crate::verify::ReplayKey).
    pub device: [u8; 16],
    /// When the code was drawn, Unix seconds.
    pub iat: u64,
    /// The end of the pass's day.
    pub exp: u64,
    /// The pass's index over the day's status lists.
    pub status_index: u32,
}

/// One scan of a device without connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// When it was scanned, Unix seconds.
    pub at: u64,
    /// Names the scan for both sides, see [`receipt_id`].
    pub id: [u8; 16],
    /// The venue's id.
    pub venue: String,
    /// The device's label.
    pub device: String,
    /// 1, 2, 3 and so on of this device: a gap tells of a loss.
    pub sequence: u64,
    /// The scene.
    pub scene: u16,
    /// The verdict's stable code.
    pub reason: String,
    /// The code, once both its signatures were verified.
    pub code: Option<ScannedCode>,
}

const ID_CONTEXT: &[u8] = b"szid-receipt-id";

/// A receipt's id: a UUID of version 7 (RFC 9562, section 5.7) of a second and 16 random bytes, so that ids
/// sort by time.
pub fn receipt_id(at: u64, random: [u8; 16]) -> [u8; 16] {
    let mut id = random;
    id[..6].copy_from_slice(&at.saturating_mul(1000).to_be_bytes()[2..]);
    id[6] = 0x70 | (id[6] & 0x0f);
    id[8] = 0x80 | (id[8] & 0x3f);
    id
}

/// The id of a receipt that holds its code: it follows from the device's key and the number, so that no
/// device can give a receipt the id of another scan.
pub fn derive_receipt_id(at: u64, key: &PublicKey, sequence: u64) -> [u8; 16] {
    let digest = Sha256::new()
        .chain_update(ID_CONTEXT)
        .chain_update(key.to_compressed())
        .chain_update(sequence.to_be_bytes())
        .finalize();
    let mut start = [0; 16];
    start.copy_from_slice(&digest[..16]);
    receipt_id(at, start)
}

/// The second of a receipt's id.
pub fn receipt_second(id: &[u8; 16]) -> u64 {
    id[..6].iter().fold(0, |millis, byte| millis << 8 | u64::from(*byte)) / 1000
}

impl Receipt {
    /// Signs the receipt with the device's key.
    ///
    /// # Errors
    /// [`EncodeError::TooLarge`] for texts or a code that are empty or too long; [`EncodeError`] for a signer
    /// that does not sign.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Vec<u8>, EncodeError> {
        if !self.fits() {
            return Err(EncodeError::TooLarge);
        }
        let mut writer = Writer::with_capacity(512);
        writer.map(3).int(claim::IAT).uint(self.at).int(CTI).bytes(&self.id);
        let of_code = match &self.code {
            None => 0,
            Some(ScannedCode::Whole(_)) => 1,
            Some(ScannedCode::Told(_)) => 4,
        };
        writer.int(SZ_RECEIPT).map(5 + of_code);
        writer.int(1).text(&self.venue).int(2).text(&self.device).int(3).uint(self.sequence);
        writer.int(4).uint(self.scene.into()).int(5).text(&self.reason);
        match &self.code {
            None => {}
            Some(ScannedCode::Whole(code)) => _ = writer.int(10).bytes(code),
            Some(ScannedCode::Told(code)) => {
                writer.int(6).bytes(&code.device).int(7).uint(code.iat);
                writer.int(8).uint(code.exp).int(9).uint(code.status_index.into());
            }
        }
        sign_document(TYP, &writer.into_bytes(), signer)
    }

    /// Reads a receipt that this device's key signed.
    ///
    /// # Errors
    /// [`ReceiptFault`].
    pub fn verify(
        bytes: &[u8],
        key: &PublicKey,
        backend: &dyn SignatureBackend,
    ) -> Result<Self, ReceiptFault> {
        let document = UnverifiedDocument::parse(bytes, TYP, MAX_BYTES)
            .map_err(|_| ReceiptFault::Malformed)?;
        let message = document.sign1.to_be_signed();
        let signed = document.alg == ES256
            && key.key_id() == Ok(document.kid)
            && backend
                .verifying_key(key)
                .is_ok_and(|key| key.verify(&message, document.sign1.signature));
        if !signed {
            return Err(ReceiptFault::Signature);
        }
        Self::read(document.payload).map_err(|_| ReceiptFault::Malformed)
    }

    /// True where the id is of the receipt's second and, with the code in it, of this key and its number.
    pub fn has_its_own_id(&self, key: &PublicKey) -> bool {
        self.id
            == match self.code {
                Some(ScannedCode::Whole(_)) => derive_receipt_id(self.at, key, self.sequence),
                Some(ScannedCode::Told(_)) | None => receipt_id(self.at, self.id),
            }
    }

    fn fits(&self) -> bool {
        let texts = [&self.venue, &self.device, &self.reason];
        let fit = |text: &&String| !text.is_empty() && text.len() <= MAX_TEXT_BYTES;
        let code_fits = match &self.code {
            Some(ScannedCode::Whole(code)) => (1..=digits::MAX_BYTES).contains(&code.len()),
            Some(ScannedCode::Told(_)) | None => true,
        };
        self.sequence > 0 && texts.iter().all(fit) && code_fits
    }

    fn read(payload: &[u8]) -> Result<Self, CborError> {
        let mut reader = Reader::new(payload);
        let mut map = reader.map()?;
        map.must(&mut reader, claim::IAT)?;
        let at = reader.uint()?;
        map.must(&mut reader, CTI)?;
        let id = *reader.fixed_bytes()?;
        map.must(&mut reader, SZ_RECEIPT)?;
        let mut own = reader.map()?;
        own.must(&mut reader, 1)?;
        let venue = reader.text()?.to_owned();
        own.must(&mut reader, 2)?;
        let device = reader.text()?.to_owned();
        own.must(&mut reader, 3)?;
        let sequence = reader.uint()?;
        own.must(&mut reader, 4)?;
        let scene = number(reader.uint()?)?;
        own.must(&mut reader, 5)?;
        let reason = reader.text()?.to_owned();
        let code = match own.key(&mut reader)? {
            None => None,
            Some(6) => {
                let device = *reader.fixed_bytes()?;
                own.must(&mut reader, 7)?;
                let iat = reader.uint()?;
                own.must(&mut reader, 8)?;
                let exp = reader.uint()?;
                own.must(&mut reader, 9)?;
                let status_index = number(reader.uint()?)?;
                own.end()?;
                Some(ScannedCode::Told(ToldCode { device, iat, exp, status_index }))
            }
            Some(10) => {
                let code = reader.bytes()?.to_vec();
                own.end()?;
                Some(ScannedCode::Whole(code))
            }
            Some(_) => return Err(CborError::Malformed),
        };
        map.end()?;
        reader.finish()?;
        let receipt = Self { at, id, venue, device, sequence, scene, reason, code };
        if receipt.fits() { Ok(receipt) } else { Err(CborError::Malformed) }
    }
}

fn number<N: TryFrom<u64>>(value: u64) -> Result<N, CborError> {
    N::try_from(value).map_err(|_| CborError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{P256Backend, SoftwareSigner};
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    fn signer() -> SoftwareSigner {
        SoftwareSigner::from_scalar(&[7; 32]).unwrap()
    }

    fn receipt() -> Receipt {
        Receipt {
            at: 1_768_449_600,
            id: receipt_id(1_768_449_600, [9; 16]),
            venue: "park".into(),
            device: "gate-1".into(),
            sequence: 1,
            scene: 3,
            reason: "OK".into(),
            code: Some(ScannedCode::Told(ToldCode {
                device: [1; 16],
                iat: 1_768_449_590,
                exp: 1_768_492_800,
                status_index: 70_000,
            })),
        }
    }

    fn with_code() -> Receipt {
        let id = derive_receipt_id(1_768_449_600, &signer().public_key(), 1);
        Receipt { id, code: Some(ScannedCode::Whole(vec![0xab; 4])), ..receipt() }
    }

    fn read(bytes: &[u8]) -> Result<Receipt, ReceiptFault> {
        Receipt::verify(bytes, &signer().public_key(), &P256Backend)
    }

    #[test]
    fn the_form_is_frozen() {
        // Everything but the signature.
        let bytes = receipt().sign(&signer()).unwrap();
        let frozen = "d284582ca301260448ce97ec20d43661a110781c6170706c69636174696f6e2f737a69642d726563656970742b637774a05859a3061a696866400750019bbfcf6a00790989090909090909093a00010004a901647061726b0266676174652d31030104030562\
            4f4b065001010101010101010101010101010101071a69686636081a69690f00091a00011170";
        assert_eq!(HEXLOWER.encode(&bytes[..bytes.len() - 66]), frozen);
        let bytes = with_code().sign(&signer()).unwrap();
        let frozen = "d284582ca301260448ce97ec20d43661a110781c6170706c69636174696f6e2f737a69642d726563656970742b637774a0583ba3061a696866400750019bbfcf6a007d23bfc8bea198b628db3a00010004a601647061726b0266676174652d310301040305624f4b0a44abababab";
        assert_eq!(HEXLOWER.encode(&bytes[..bytes.len() - 66]), frozen);
    }

    #[test]
    fn the_largest_receipt_fits() {
        let text = "x".repeat(MAX_TEXT_BYTES);
        let largest = Receipt {
            at: u64::MAX,
            sequence: u64::MAX,
            scene: u16::MAX,
            venue: text.clone(),
            device: text.clone(),
            reason: text,
            code: Some(ScannedCode::Whole(vec![1; digits::MAX_BYTES])),
            ..receipt()
        };
        let bytes = largest.sign(&signer()).unwrap();
        assert_eq!(bytes.len(), 792);
        assert_eq!(read(&bytes), Ok(largest));
    }

    #[test]
    fn the_id_of_a_receipt_with_its_code_is_nobody_elses() {
        let key = signer().public_key();
        let good = with_code();
        assert!(good.has_its_own_id(&key) && receipt().has_its_own_id(&key));
        let another = SoftwareSigner::from_scalar(&[8; 32]).unwrap().public_key();
        assert!(!good.has_its_own_id(&another));
        for wrong in [
            Receipt { sequence: 2, ..with_code() },
            Receipt { at: 1_768_449_601, ..with_code() },
            Receipt { id: receipt().id, ..with_code() },
            Receipt { at: 1_768_449_601, ..receipt() },
            Receipt { id: [1; 16], ..receipt() },
        ] {
            assert!(!wrong.has_its_own_id(&key), "{wrong:?}");
        }
    }

    #[test]
    fn a_receipt_is_whole_and_its_devices_own() {
        let bytes = receipt().sign(&signer()).unwrap();
        assert_eq!(read(&bytes), Ok(receipt()));
        for at in 0..bytes.len() {
            assert!(read(&bytes[..at]).is_err(), "{at}");
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(read(&flipped).is_err(), "{at}");
        }
        let other = SoftwareSigner::from_scalar(&[8; 32]).unwrap().public_key();
        let foreign = Receipt::verify(&bytes, &other, &P256Backend);
        assert_eq!(foreign, Err(ReceiptFault::Signature));
        let nameless = Receipt { venue: String::new(), ..receipt() };
        let unnumbered = Receipt { sequence: 0, ..receipt() };
        let endless = Receipt { reason: "X".repeat(65), ..receipt() };
        let [codeless, endless_code] = [0, digits::MAX_BYTES + 1]
            .map(|length| Receipt { code: Some(ScannedCode::Whole(vec![0; length])), ..receipt() });
        for bad in [nameless, unnumbered, endless, codeless, endless_code] {
            assert_eq!(bad.sign(&signer()), Err(EncodeError::TooLarge));
        }
    }

    #[test]
    fn ids_sort_by_time_and_say_that_they_are_uuids_of_version_7() {
        let (early, late) =
            (receipt_id(1_768_449_600, [0xff; 16]), receipt_id(1_768_449_601, [0; 16]));
        assert!(early < late);
        assert_eq!((early[6] >> 4, early[8] >> 6), (7, 2));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_receipt_is_read_back(
            (at, sequence, iat, exp) in (any::<u64>(), 1..=u64::MAX, any::<u64>(), any::<u64>()),
            (scene, status_index) in any::<(u16, u32)>(),
            texts in proptest::array::uniform3("[a-z园门-]{1,20}"),
            (id, device, form) in (any::<[u8; 16]>(), any::<[u8; 16]>(), 0..3),
            whole in proptest::collection::vec(any::<u8>(), 1..=digits::MAX_BYTES),
        ) {
            let [venue, label, reason] = texts;
            let code = match form {
                0 => None,
                1 => Some(ScannedCode::Told(ToldCode { device, iat, exp, status_index })),
                _ => Some(ScannedCode::Whole(whole)),
            };
            let receipt = Receipt { at, id, venue, device: label, sequence, scene, reason, code };
            let bytes = receipt.sign(&signer()).unwrap();
            prop_assert!(bytes.len() <= MAX_BYTES);
            prop_assert_eq!(read(&bytes), Ok(receipt));
        }
    }
}
