//! Venue codes (场所码): what a venue prints or shows for a phone to read. Signed by the city: it says whose the
//! code is and for which scene, and, where it rotates, holds the nonce of a challenge.

use crate::cbor::{CborError, Reader, Writer};
use crate::code::{Challenge, MAX_AUDIENCE_BYTES};
use crate::crypto::Signer;
use crate::digits;
use crate::document::{UnverifiedDocument, claim, sign_document};
use crate::error::EncodeError;
use crate::trust::{Purpose, VerifiedTrustList};

/// The document's media type.
pub const TYP: &str = "application/szid-venue+cwt";
/// The largest venue code, in bytes.
pub const MAX_BYTES: usize = digits::MAX_BYTES;
/// The longest device label, in bytes of UTF-8.
pub const MAX_DEVICE_BYTES: usize = 64;
/// The length of a challenge's nonce in a venue code, in bytes.
pub const NONCE_BYTES: usize = 16;
const SZ_VENUE: i64 = -65_542;

/// Why a venue code is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VenueCodeFault {
    /// The text or its bytes are no venue code in its one form.
    #[error("not a venue code")]
    Malformed,
    /// No venue key of the trust list signed it: it is forged, or from elsewhere.
    #[error("the city did not sign this venue code")]
    Signature,
    /// Its time is over.
    #[error("the venue code has run out")]
    Expired,
}

/// What a venue code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueCode {
    /// End of its validity (exclusive), Unix seconds.
    pub exp: u64,
    /// When it was made, Unix seconds.
    pub iat: u64,
    /// Where it rotates: the challenge that the citizen's code answers.
    pub nonce: Option<[u8; NONCE_BYTES]>,
    /// The venue's id, at most 22 bytes.
    pub venue: String,
    /// The desk whose screen shows the result.
    pub device: String,
    /// The scene.
    pub scene: u16,
}

impl VenueCode {
    /// Signs the code and returns its digits.
    ///
    /// # Errors
    /// [`EncodeError::TooLarge`] for texts that are empty or too long; [`EncodeError`] for a signer that does
    /// not sign.
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, EncodeError> {
        if !self.fits() {
            return Err(EncodeError::TooLarge);
        }
        let mut writer = Writer::with_capacity(128);
        writer.map(3 + usize::from(self.nonce.is_some()));
        writer.int(claim::EXP).uint(self.exp).int(claim::IAT).uint(self.iat);
        if let Some(nonce) = &self.nonce {
            writer.int(claim::NONCE).bytes(nonce);
        }
        writer.int(SZ_VENUE).map(3).int(1).text(&self.venue).int(2).text(&self.device);
        writer.int(3).uint(self.scene.into());
        let bytes = sign_document(TYP, &writer.into_bytes(), signer)?;
        if bytes.len() > MAX_BYTES {
            return Err(EncodeError::TooLarge);
        }
        Ok(digits::encode_kind(digits::VENUE, &bytes))
    }

    /// Reads the digits of a venue code that a venue key of the trust list signed and that is good at `now`.
    ///
    /// # Errors
    /// [`VenueCodeFault`].
    pub fn verify(text: &str, trust: &VerifiedTrustList, now: u64) -> Result<Self, VenueCodeFault> {
        let malformed = |_| VenueCodeFault::Malformed;
        let bytes =
            digits::decode_kind(digits::VENUE, text).map_err(|_| VenueCodeFault::Malformed)?;
        let document = UnverifiedDocument::parse(&bytes, TYP, MAX_BYTES).map_err(malformed)?;
        if !trust.verifies(&document, Purpose::Venue, now) {
            return Err(VenueCodeFault::Signature);
        }
        let code = Self::read(document.payload).map_err(malformed)?;
        if code.exp <= now { Err(VenueCodeFault::Expired) } else { Ok(code) }
    }

    /// The challenge that a citizen's code answers here, where the venue code rotates.
    pub fn challenge(&self) -> Option<Challenge> {
        let nonce = self.nonce?.to_vec();
        Some(Challenge { audience: self.venue.clone(), nonce })
    }

    fn fits(&self) -> bool {
        (1..=MAX_AUDIENCE_BYTES).contains(&self.venue.len())
            && (1..=MAX_DEVICE_BYTES).contains(&self.device.len())
            && self.scene != 0
    }

    fn read(payload: &[u8]) -> Result<Self, CborError> {
        let mut reader = Reader::new(payload);
        let mut map = reader.map()?;
        map.must(&mut reader, claim::EXP)?;
        let exp = reader.uint()?;
        map.must(&mut reader, claim::IAT)?;
        let iat = reader.uint()?;
        let nonce = match map.key(&mut reader)? {
            Some(claim::NONCE) => {
                let nonce = *reader.fixed_bytes()?;
                map.must(&mut reader, SZ_VENUE)?;
                Some(nonce)
            }
            Some(SZ_VENUE) => None,
            _ => return Err(CborError::Malformed),
        };
        let mut own = reader.map()?;
        own.must(&mut reader, 1)?;
        let venue = reader.text()?.to_owned();
        own.must(&mut reader, 2)?;
        let device = reader.text()?.to_owned();
        own.must(&mut reader, 3)?;
        let scene = u16::try_from(reader.uint()?).map_err(|_| CborError::Malformed)?;
        own.end()?;
        map.end()?;
        reader.finish()?;
        let code = Self { exp, iat, nonce, venue, device, scene };
        if code.fits() { Ok(code) } else { Err(CborError::Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::testing::{self, NOW, signer};
    use proptest::prelude::*;

    /// A list in which key 7 may sign venue codes and key 8 receipts.
    fn trust() -> VerifiedTrustList {
        testing::trust(&[(7, Purpose::Venue), (8, Purpose::Receipt)], NOW + 86_400)
    }

    fn printed() -> VenueCode {
        VenueCode {
            exp: NOW + 3600,
            iat: NOW,
            nonce: None,
            venue: "library".into(),
            device: "desk-1".into(),
            scene: 2,
        }
    }

    #[test]
    fn the_form_is_frozen() {
        // Digits from before the signature.
        let text = printed().sign(&signer(7)).unwrap();
        let frozen = concat!(
            "07550592552593165519740120595205613998815306993136310881316488083184930442967739",
            "15878017052819748420219427712212788707481638458849326879509280171788988568377000",
            "00109960619658330515169031451257006755313382469571379558246424608306020269591169",
        );
        assert_eq!(&text[..frozen.len()], frozen);
        let rotating = VenueCode { nonce: Some([9; 16]), ..printed() };
        assert_eq!(rotating.challenge().unwrap().audience, "library");
        assert!(rotating.sign(&signer(7)).unwrap().len() < 620, "fits a QR symbol of version 11");
    }

    #[test]
    fn each_fault_is_told_apart() {
        let read = |text: &str, now| VenueCode::verify(text, &trust(), now);
        let text = printed().sign(&signer(7)).unwrap();
        assert_eq!(read(&text, NOW), Ok(printed()));
        assert_eq!(read(&text, NOW + 3600), Err(VenueCodeFault::Expired));
        // The key's own time is over by then.
        assert_eq!(read(&text, NOW + 90_000), Err(VenueCodeFault::Signature));
        let forged = printed().sign(&signer(9)).unwrap();
        let of_another_purpose = printed().sign(&signer(8)).unwrap();
        for text in [forged, of_another_purpose] {
            assert_eq!(read(&text, NOW), Err(VenueCodeFault::Signature));
        }
        let citizen = text.replacen("07550", "07551", 1);
        for text in ["", "07550", "https://id.example.cn", &text[..100], &citizen] {
            assert_eq!(read(text, NOW), Err(VenueCodeFault::Malformed), "{text}");
        }
        let nameless = VenueCode { venue: String::new(), ..printed() };
        let endless = VenueCode { device: "x".repeat(65), ..printed() };
        for bad in [nameless, endless, VenueCode { scene: 0, ..printed() }] {
            assert_eq!(bad.sign(&signer(7)), Err(EncodeError::TooLarge));
        }
    }

    #[test]
    fn no_digit_can_be_changed() {
        let (text, trust) = (printed().sign(&signer(7)).unwrap(), trust());
        for at in (0..text.len()).step_by(7) {
            let mut digits = text.clone().into_bytes();
            digits[at] = if digits[at] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(digits).unwrap();
            assert!(VenueCode::verify(&changed, &trust, NOW).is_err(), "{at}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_venue_code_is_read_back(
            exp in NOW + 1..u64::MAX,
            iat in any::<u64>(),
            nonce in proptest::option::of(any::<[u8; 16]>()),
            (venue, device, scene) in ("[a-z0-9-]{1,22}", "[a-z台门-]{1,20}", 1..=u16::MAX),
        ) {
            let code = VenueCode { exp, iat, nonce, venue, device, scene };
            let text = code.sign(&signer(7)).unwrap();
            prop_assert_eq!(VenueCode::verify(&text, &trust(), NOW), Ok(code));
        }
    }
}
