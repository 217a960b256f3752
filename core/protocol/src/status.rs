//! Token Status List in its CWT form (draft-ietf-oauth-status-list-20, sections 4 and 5.2).

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::cbor::{CborError, Reader, Writer};
use crate::crypto::Signer;
use crate::document::{UnverifiedDocument, claim, sign_document};
use crate::error::EncodeError;
use crate::pass::STATUS_LIST_ENTRIES;
use crate::reason::Reason;
use crate::trust::{Purpose, VerifiedTrustList};

/// The token's media type (draft-ietf-oauth-status-list-20, section 5.2).
pub const TYP: &str = "application/statuslist+cwt";
/// The largest status list token, in bytes: a list of 8-bit statuses that does not compress.
pub const MAX_BYTES: usize = (STATUS_LIST_ENTRIES as usize) + 4096;
/// The longest URI of a list, in bytes.
pub const MAX_URI_BYTES: usize = 240;
const STATUS_LIST: i64 = 65_533;
const TTL: i64 = 65_534;

/// A status value (draft-ietf-oauth-status-list-20, section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 0x00: as good as its other checks say.
    Valid,
    /// 0x01: revoked for ever.
    Invalid,
    /// 0x02: frozen for now.
    Suspended,
    /// Any other value: refused like a revoked one, since its meaning is unknown here.
    Other(u8),
}

impl From<u8> for Status {
    fn from(value: u8) -> Self {
        match value {
            0 => Self::Valid,
            1 => Self::Invalid,
            2 => Self::Suspended,
            other => Self::Other(other),
        }
    }
}

/// The URI of a day's list: the pass key's prefix, the day's end, the list's number.
pub fn list_uri(prefix: &str, exp: u64, list: u32) -> String {
    format!("{prefix}{exp}/{list}")
}

/// Packed statuses: `bits` each, least significant bits first within a byte.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusBits {
    bits: u8,
    bytes: Vec<u8>,
}

impl StatusBits {
    /// A list of `entries` valid statuses of 1, 2, 4 or 8 bits, or `None` for another width or for more than
    /// 2^20 entries.
    pub fn new(entries: u32, bits: u8) -> Option<Self> {
        if !matches!(bits, 1 | 2 | 4 | 8) || entries > STATUS_LIST_ENTRIES {
            return None;
        }
        let bytes = (entries as usize * usize::from(bits)).div_ceil(8);
        Some(Self { bits, bytes: vec![0; bytes] })
    }

    /// How many statuses the list has room for.
    pub fn entries(&self) -> usize {
        self.bytes.len() * 8 / usize::from(self.bits)
    }

    /// The status at a position, `None` outside the list.
    pub fn status(&self, position: u32) -> Option<Status> {
        let (byte, shift, mask) = self.locate(position);
        self.bytes.get(byte).map(|byte| Status::from(byte >> shift & mask))
    }

    /// Sets the raw status at a position; false when it lies outside or the value does not fit.
    pub fn set(&mut self, position: u32, value: u8) -> bool {
        let (byte, shift, mask) = self.locate(position);
        match self.bytes.get_mut(byte) {
            Some(byte) if value <= mask => {
                *byte = *byte & !(mask << shift) | value << shift;
                true
            }
            _ => false,
        }
    }

    fn locate(&self, position: u32) -> (usize, u32, u8) {
        let bit = u64::from(position) * u64::from(self.bits);
        ((bit / 8) as usize, (bit % 8) as u32, (0xffu16 >> (8 - self.bits)) as u8)
    }

    fn compress(&self) -> Result<Vec<u8>, std::io::Error> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&self.bytes)?;
        encoder.finish()
    }

    /// Inflates `lst`, never past 2^20 entries.
    fn inflate(bits: u64, lst: &[u8]) -> Option<Self> {
        let bits = u8::try_from(bits).ok().filter(|bits| matches!(bits, 1 | 2 | 4 | 8))?;
        let most = STATUS_LIST_ENTRIES as usize * usize::from(bits) / 8;
        let mut decoder = ZlibDecoder::new(lst);
        let mut bytes = Vec::new();
        decoder.by_ref().take(most as u64 + 1).read_to_end(&mut bytes).ok()?;
        let whole = bytes.len() <= most && decoder.total_in() == lst.len() as u64;
        whole.then_some(Self { bits, bytes })
    }
}

/// What the status key signs.
pub struct StatusList {
    /// The list's URI: `sub` of the token.
    pub uri: String,
    /// When it was made, Unix seconds.
    pub iat: u64,
    /// When it must no longer be used, Unix seconds.
    pub exp: u64,
    /// How long a verifier may keep it before it asks again, seconds.
    pub ttl: u64,
    /// The statuses.
    pub statuses: StatusBits,
}

impl StatusList {
    /// Signs the list as a Status List Token.
    ///
    /// # Errors
    /// [`EncodeError`] for a URI outside its bounds and for a signer that does not sign.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Vec<u8>, EncodeError> {
        if self.uri.is_empty() || self.uri.len() > MAX_URI_BYTES {
            return Err(EncodeError::TooLarge);
        }
        let lst = self.statuses.compress().map_err(|_| EncodeError::TooLarge)?;
        let mut writer = Writer::with_capacity(lst.len() + 300);
        writer
            .map(5)
            .int(claim::SUB)
            .text(&self.uri)
            .int(claim::EXP)
            .uint(self.exp)
            .int(claim::IAT)
            .uint(self.iat);
        writer
            .int(STATUS_LIST)
            .map(2)
            .text("lst")
            .bytes(&lst)
            .text("bits")
            .uint(self.statuses.bits.into());
        writer.int(TTL).uint(self.ttl);
        sign_document(TYP, &writer.into_bytes(), signer)
    }
}

/// A status list whose signature was verified with a status key of the trust list.
pub struct VerifiedStatusList {
    uri: String,
    iat: u64,
    exp: u64,
    ttl: u64,
    statuses: StatusBits,
}

impl VerifiedStatusList {
    /// Verifies a status list token. The signing key must be valid at `now`.
    ///
    /// # Errors
    /// `STATUS_MALFORMED` or `STATUS_SIGNATURE`.
    pub fn verify(bytes: &[u8], trust: &VerifiedTrustList, now: u64) -> Result<Self, Reason> {
        let document = UnverifiedDocument::parse(bytes, TYP, MAX_BYTES)
            .map_err(|_| Reason::StatusMalformed)?;
        if !trust.verifies(&document, Purpose::Status, now) {
            return Err(Reason::StatusSignature);
        }
        Self::read(document.payload).map_err(|_| Reason::StatusMalformed)
    }

    fn read(payload: &[u8]) -> Result<Self, CborError> {
        let mut reader = Reader::new(payload);
        let mut map = reader.map()?;
        map.must(&mut reader, claim::SUB)?;
        let uri = reader.text()?;
        map.must(&mut reader, claim::EXP)?;
        let exp = reader.uint()?;
        map.must(&mut reader, claim::IAT)?;
        let iat = reader.uint()?;
        map.must(&mut reader, STATUS_LIST)?;
        let mut list = reader.map()?;
        if list.text_key(&mut reader)? != Some("lst") {
            return Err(CborError::Malformed);
        }
        let lst = reader.bytes()?;
        if list.text_key(&mut reader)? != Some("bits") {
            return Err(CborError::Malformed);
        }
        let bits = reader.uint()?;
        list.end()?;
        map.must(&mut reader, TTL)?;
        let ttl = reader.uint()?;
        map.end()?;
        reader.finish()?;
        if uri.is_empty() || uri.len() > MAX_URI_BYTES {
            return Err(CborError::Malformed);
        }
        let statuses = StatusBits::inflate(bits, lst).ok_or(CborError::Malformed)?;
        Ok(Self { uri: uri.to_owned(), iat, exp, ttl, statuses })
    }

    /// The list's URI.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// When the list was made, Unix seconds.
    pub fn issued_at(&self) -> u64 {
        self.iat
    }

    /// When the list must no longer be used, Unix seconds.
    pub fn expires_at(&self) -> u64 {
        self.exp
    }

    /// How long to keep it before asking again, seconds.
    pub fn ttl(&self) -> u64 {
        self.ttl
    }

    /// The status at a position, `None` outside the list.
    pub fn status(&self, position: u32) -> Option<Status> {
        self.statuses.status(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drafts_first_example_decodes() {
        // draft-ietf-oauth-status-list, section 4.1: 16 one-bit statuses, bytes 0xb9 0xa3.
        let lst = data_encoding::BASE64URL_NOPAD.decode(b"eNrbuRgAAhcBXQ").unwrap();
        let list = StatusBits::inflate(1, &lst).unwrap();
        assert_eq!(list.bytes, [0xb9, 0xa3]);
        let set: Vec<u32> =
            (0..16).filter(|at| list.status(*at) == Some(Status::Invalid)).collect();
        assert_eq!(set, [0, 3, 4, 5, 7, 8, 9, 13, 15]);
        assert_eq!(list.status(16), None);
    }

    #[test]
    fn statuses_of_every_width_stay_apart() {
        for bits in [1u8, 2, 4, 8] {
            let mut list = StatusBits::new(32, bits).unwrap();
            assert_eq!(list.entries(), 32);
            assert!(list.set(9, 1) && list.set(10, 1) && list.set(10, 0));
            assert_eq!(list.set(0, 2), bits > 1);
            assert!(!list.set(32, 1));
            assert_eq!(list.status(9), Some(Status::Invalid));
            assert_eq!(list.status(10), Some(Status::Valid));
            assert_eq!(
                list.status(0),
                Some(if bits > 1 { Status::Suspended } else { Status::Valid })
            );
            let again = StatusBits::inflate(bits.into(), &list.compress().unwrap()).unwrap();
            assert!(again == list);
        }
        assert!(
            StatusBits::new(1, 3).is_none()
                && StatusBits::new(STATUS_LIST_ENTRIES + 1, 1).is_none()
        );
    }

    #[test]
    fn a_bomb_and_a_tail_are_refused() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![0; STATUS_LIST_ENTRIES as usize / 8 + 1]).unwrap();
        let bomb = encoder.finish().unwrap();
        assert!(StatusBits::inflate(1, &bomb).is_none());
        assert!(StatusBits::inflate(2, &bomb).is_some());
        let mut tail = StatusBits::new(64, 1).unwrap().compress().unwrap();
        tail.push(0);
        assert!(StatusBits::inflate(1, &tail).is_none());
        assert!(StatusBits::inflate(1, &tail[..tail.len() - 3]).is_none());
    }
}
