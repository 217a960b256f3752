//! Deterministic CBOR (RFC 8949, section 4.2.1): a writer that can write nothing else, and a reader that
//! accepts nothing else.
//!
//! A general CBOR library reads what several encoders may write; a signed code must have one form only. The
//! reader works on the input in place, never allocates, and refuses long integers, indefinite lengths, tags
//! that were not asked for, unsorted or repeated map keys and trailing bytes at the byte where they stand.

/// Why bytes are not the deterministic CBOR that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CborError {
    /// The input ends early, has bytes left over, or holds another item than the format asks for.
    Malformed,
    /// The same value has a shorter or otherwise canonical encoding.
    NotCanonical,
}

const UINT: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const SIMPLE: u8 = 7;

/// Appends deterministic CBOR to a buffer. Map keys must be written in canonical order; tests compare with an
/// independent encoder.
#[derive(Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn head(&mut self, major: u8, value: u64) -> &mut Self {
        let major = major << 5;
        match value {
            0..=23 => self.0.push(major | value as u8),
            24..=0xff => self.0.extend([major | 24, value as u8]),
            0x100..=0xffff => {
                self.0.push(major | 25);
                self.0.extend((value as u16).to_be_bytes());
            }
            0x1_0000..=0xffff_ffff => {
                self.0.push(major | 26);
                self.0.extend((value as u32).to_be_bytes());
            }
            _ => {
                self.0.push(major | 27);
                self.0.extend(value.to_be_bytes());
            }
        }
        self
    }

    pub(crate) fn uint(&mut self, value: u64) -> &mut Self {
        self.head(UINT, value)
    }

    pub(crate) fn int(&mut self, value: i64) -> &mut Self {
        match u64::try_from(value) {
            Ok(value) => self.head(UINT, value),
            Err(_) => self.head(NEGATIVE, !value as u64),
        }
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.head(BYTES, value.len() as u64);
        self.0.extend(value);
        self
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.head(TEXT, value.len() as u64);
        self.0.extend(value.as_bytes());
        self
    }

    pub(crate) fn array(&mut self, items: usize) -> &mut Self {
        self.head(ARRAY, items as u64)
    }

    pub(crate) fn map(&mut self, entries: usize) -> &mut Self {
        self.head(MAP, entries as u64)
    }

    pub(crate) fn tag(&mut self, tag: u64) -> &mut Self {
        self.head(TAG, tag)
    }

    pub(crate) fn bool(&mut self, value: bool) -> &mut Self {
        self.0.push(if value { 0xf5 } else { 0xf4 });
        self
    }

    /// Appends an item that is deterministic CBOR already.
    pub(crate) fn raw(&mut self, item: &[u8]) -> &mut Self {
        self.0.extend(item);
        self
    }
}

/// Reads deterministic CBOR from a slice, item by item.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self { input, at: 0 }
    }

    /// Ends the reading: anything left over is an error.
    pub(crate) fn finish(self) -> Result<(), CborError> {
        if self.at == self.input.len() { Ok(()) } else { Err(CborError::Malformed) }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], CborError> {
        let end = self.at.checked_add(length).ok_or(CborError::Malformed)?;
        let taken = self.input.get(self.at..end).ok_or(CborError::Malformed)?;
        self.at = end;
        Ok(taken)
    }

    fn head(&mut self) -> Result<(u8, u64), CborError> {
        let first = self.take(1)?[0];
        let (major, info) = (first >> 5, first & 0x1f);
        let (value, least) = match info {
            0..=23 => return Ok((major, u64::from(info))),
            24 => (u64::from(self.take(1)?[0]), 24),
            25 => (self.big_endian(2)?, 0x100),
            26 => (self.big_endian(4)?, 0x1_0000),
            27 => (self.big_endian(8)?, 0x1_0000_0000),
            31 => return Err(CborError::NotCanonical),
            _ => return Err(CborError::Malformed),
        };
        // Floats and wide simple values have no place in any of our formats.
        if major == SIMPLE {
            return Err(CborError::Malformed);
        }
        if value < least { Err(CborError::NotCanonical) } else { Ok((major, value)) }
    }

    fn big_endian(&mut self, length: usize) -> Result<u64, CborError> {
        Ok(self.take(length)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn expect(&mut self, major: u8) -> Result<u64, CborError> {
        match self.head()? {
            (found, value) if found == major => Ok(value),
            _ => Err(CborError::Malformed),
        }
    }

    pub(crate) fn uint(&mut self) -> Result<u64, CborError> {
        self.expect(UINT)
    }

    pub(crate) fn int(&mut self) -> Result<i64, CborError> {
        match self.head()? {
            (UINT, value) => i64::try_from(value).map_err(|_| CborError::Malformed),
            (NEGATIVE, value) => {
                i64::try_from(value).map(|value| !value).map_err(|_| CborError::Malformed)
            }
            _ => Err(CborError::Malformed),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], CborError> {
        let length = self.expect(BYTES)?;
        self.take(usize::try_from(length).map_err(|_| CborError::Malformed)?)
    }

    pub(crate) fn fixed_bytes<const N: usize>(&mut self) -> Result<&'a [u8; N], CborError> {
        self.bytes()?.try_into().map_err(|_| CborError::Malformed)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, CborError> {
        let length = self.expect(TEXT)?;
        let bytes = self.take(usize::try_from(length).map_err(|_| CborError::Malformed)?)?;
        std::str::from_utf8(bytes).map_err(|_| CborError::Malformed)
    }

    pub(crate) fn bool(&mut self) -> Result<bool, CborError> {
        match self.take(1)?[0] {
            0xf4 => Ok(false),
            0xf5 => Ok(true),
            _ => Err(CborError::Malformed),
        }
    }

    pub(crate) fn tag(&mut self, tag: u64) -> Result<(), CborError> {
        if self.expect(TAG)? == tag { Ok(()) } else { Err(CborError::Malformed) }
    }

    pub(crate) fn array(&mut self, items: u64) -> Result<(), CborError> {
        if self.expect(ARRAY)? == items { Ok(()) } else { Err(CborError::Malformed) }
    }

    /// The length of an array that may hold up to `most` items.
    pub(crate) fn array_up_to(&mut self, most: u64) -> Result<usize, CborError> {
        match self.expect(ARRAY)? {
            items if items <= most => Ok(items as usize),
            _ => Err(CborError::Malformed),
        }
    }

    /// Enters a map. Its keys are then read through the returned cursor, which checks their order.
    pub(crate) fn map(&mut self) -> Result<MapCursor<'a>, CborError> {
        let left = self.expect(MAP)?;
        Ok(MapCursor { left, previous: &[] })
    }

    /// Passes over one item of integers, strings, booleans, arrays and maps, at most 4 deep: a value for
    /// newer software.
    pub(crate) fn skip(&mut self) -> Result<(), CborError> {
        self.skip_within(4)
    }

    fn skip_within(&mut self, depth: u8) -> Result<(), CborError> {
        let mut probe = self.clone();
        let (major, items) = probe.head()?;
        match major {
            UINT | NEGATIVE => self.head().map(drop),
            BYTES => self.bytes().map(drop),
            TEXT => self.text().map(drop),
            SIMPLE => self.bool().map(drop),
            ARRAY | MAP if depth > 0 => {
                *self = probe;
                for _ in 0..items.saturating_mul(u64::from(major - ARRAY) + 1) {
                    self.skip_within(depth - 1)?;
                }
                Ok(())
            }
            _ => Err(CborError::Malformed),
        }
    }

    /// The bytes that `read` consumes, for an item that is embedded and handed on whole.
    pub(crate) fn span(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<(), CborError>,
    ) -> Result<&'a [u8], CborError> {
        let start = self.at;
        read(self)?;
        Ok(&self.input[start..self.at])
    }
}

/// Walks the entries of one map and refuses keys that are unsorted or repeated.
pub(crate) struct MapCursor<'a> {
    left: u64,
    previous: &'a [u8],
}

impl<'a> MapCursor<'a> {
    /// The next integer key, or `None` at the end of the map.
    pub(crate) fn key(&mut self, reader: &mut Reader<'a>) -> Result<Option<i64>, CborError> {
        self.next(reader, Reader::int)
    }

    /// The next text key, or `None` at the end of the map.
    pub(crate) fn text_key(
        &mut self,
        reader: &mut Reader<'a>,
    ) -> Result<Option<&'a str>, CborError> {
        self.next(reader, Reader::text)
    }

    fn next<K>(
        &mut self,
        reader: &mut Reader<'a>,
        read: impl FnOnce(&mut Reader<'a>) -> Result<K, CborError>,
    ) -> Result<Option<K>, CborError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let start = reader.at;
        let key = read(reader)?;
        let encoded = &reader.input[start..reader.at];
        if encoded <= self.previous {
            return Err(CborError::NotCanonical);
        }
        self.previous = encoded;
        Ok(Some(key))
    }

    /// The next key must be `wanted`.
    pub(crate) fn must(&mut self, reader: &mut Reader<'a>, wanted: i64) -> Result<(), CborError> {
        if self.key(reader)? == Some(wanted) { Ok(()) } else { Err(CborError::Malformed) }
    }

    /// The map must end here.
    pub(crate) fn end(self) -> Result<(), CborError> {
        if self.left == 0 { Ok(()) } else { Err(CborError::Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciborium::Value;
    use proptest::prelude::*;

    fn read_any<'a>(reader: &mut Reader<'a>) -> Result<(), CborError> {
        let mut probe = reader.clone();
        match probe.head()?.0 {
            UINT | NEGATIVE => reader.head().map(drop),
            BYTES => reader.bytes().map(drop),
            TEXT => reader.text().map(drop),
            ARRAY => {
                for _ in 0..reader.array_up_to(64)? {
                    read_any(reader)?;
                }
                Ok(())
            }
            MAP => {
                let mut map = reader.map()?;
                while map.key(reader)?.is_some() {
                    read_any(reader)?;
                }
                Ok(())
            }
            SIMPLE => reader.bool().map(drop),
            _ => Err(CborError::Malformed),
        }
    }

    #[test]
    fn refuses_every_other_form_of_the_same_value() {
        for (bytes, error) in [
            (&[0x18, 0x17][..], CborError::NotCanonical),
            (&[0x19, 0x00, 0xff], CborError::NotCanonical),
            (&[0x1a, 0, 0, 0xff, 0xff], CborError::NotCanonical),
            (&[0x1b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], CborError::NotCanonical),
            (&[0x1f], CborError::NotCanonical),
            (&[0x1c], CborError::Malformed),
            (&[0x18], CborError::Malformed),
            (&[], CborError::Malformed),
        ] {
            assert_eq!(Reader::new(bytes).uint(), Err(error), "{bytes:02x?}");
        }
        for bytes in [&[0xa2, 0x02, 0x00, 0x01, 0x00][..], &[0xa2, 0x01, 0x00, 0x01, 0x00]] {
            let mut reader = Reader::new(bytes);
            assert_eq!(read_any(&mut reader), Err(CborError::NotCanonical));
        }
    }

    #[test]
    fn a_huge_declared_length_is_refused_without_memory() {
        let mut reader = Reader::new(&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(reader.bytes(), Err(CborError::Malformed));
    }

    proptest! {
        #[test]
        fn what_is_accepted_re_encodes_to_itself(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut reader = Reader::new(&bytes);
            if read_any(&mut reader).is_ok() && reader.finish().is_ok() {
                let value: Value = ciborium::from_reader(&bytes[..]).unwrap();
                let mut again = Vec::new();
                ciborium::into_writer(&value, &mut again).unwrap();
                prop_assert_eq!(again, bytes);
            }
        }

        #[test]
        fn integers_match_an_independent_encoder(value in any::<i64>()) {
            let mut writer = Writer::default();
            writer.int(value);
            let mut other = Vec::new();
            ciborium::into_writer(&value, &mut other).unwrap();
            let bytes = writer.into_bytes();
            prop_assert_eq!(&bytes, &other);
            prop_assert_eq!(Reader::new(&bytes).int().unwrap(), value);
        }
    }
}
