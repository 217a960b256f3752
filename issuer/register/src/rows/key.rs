//! Keys of rows: parts one after the other, which sort as their bytes do. Numbers are big-endian, and a text
//! ends with a zero, which neither ids nor labels nor names hold.

use std::borrow::Cow;

use super::Rows;
use super::word::Word;
use crate::StoreError;

/// A text in a key: borrowed to look for a row, owned where it was read.
pub(crate) type Name<'a> = Cow<'a, str>;

/// Something that stands in a key, and may be one.
pub(crate) trait Part {
    fn write(&self, key: &mut impl KeySink);
}

/// The key of a row.
pub(crate) trait Key: Part + Sized {
    /// Nothing for damage.
    fn read(key: &mut impl KeySource) -> Option<Self>;
}

/// What the keys of some of a table's rows begin with.
pub(crate) trait Leads<R: Rows>: Part {}

/// What every key begins with.
pub(crate) struct All;

impl Part for All {
    fn write(&self, _: &mut impl KeySink) {}
}

impl<R: Rows> Leads<R> for All {}

/// What takes the parts of a key, in their order.
pub(crate) trait KeySink {
    fn number(&mut self, value: u64);
    fn index(&mut self, value: u32);
    fn word<W: Word>(&mut self, value: W);
    fn array<const N: usize>(&mut self, value: &[u8; N]);
    fn text(&mut self, value: &str);
    /// A text that nothing comes after.
    fn last_text(&mut self, value: &str);
    /// A part that this key does not have.
    fn nothing(&mut self);
}

/// What gives the parts of a key back.
pub(crate) trait KeySource {
    fn number(&mut self) -> Option<u64>;
    fn index(&mut self) -> Option<u32>;
    fn word<W: Word>(&mut self) -> Option<W>;
    fn array<const N: usize>(&mut self) -> Option<[u8; N]>;
    fn text(&mut self) -> Option<String>;
    fn last_text(&mut self) -> Option<String>;
    fn nothing(&mut self);
}

/// The bytes of a key or of what keys begin with.
pub(crate) fn encode_key<R: Rows>(part: &impl Part) -> Vec<u8> {
    let mut key = KeyWriter(Vec::with_capacity(64));
    key.0.extend(R::UNDER);
    part.write(&mut key);
    key.0
}

/// A key from its bytes.
pub(crate) fn decode_key<R: Rows>(bytes: &[u8]) -> Result<R::Key<'static>, StoreError> {
    let read = || {
        let mut key = KeyReader(bytes.strip_prefix(R::UNDER)?);
        let read = R::Key::read(&mut key)?;
        key.0.is_empty().then_some(read)
    };
    read().ok_or(StoreError::Damaged("a key"))
}

/// A key from bytes that begin with it.
pub(crate) fn decode_start<R: Rows>(bytes: &[u8]) -> Result<R::Key<'static>, StoreError> {
    let key = bytes.strip_prefix(R::UNDER).and_then(|key| R::Key::read(&mut KeyReader(key)));
    key.ok_or(StoreError::Damaged("a key"))
}

/// The first key beyond all that begin with these bytes; nothing where there is none.
pub(crate) fn beyond(mut key: Vec<u8>) -> Option<Vec<u8>> {
    while let Some(last) = key.last_mut() {
        if let Some(next) = last.checked_add(1) {
            *last = next;
            return Some(key);
        }
        key.pop();
    }
    None
}

/// The bytes of a key that is looked for: most are short, and need no room of their own.
pub(crate) struct KeyBytes {
    short: [u8; SHORT],
    length: usize,
    /// The whole key, where it is longer.
    long: Vec<u8>,
}

const SHORT: usize = 64;

impl KeyBytes {
    pub(crate) fn of<R: Rows>(key: &R::Key<'_>) -> Self {
        let mut bytes = Self { short: [0; SHORT], length: 0, long: Vec::new() };
        bytes.push(R::UNDER);
        key.write(&mut bytes);
        bytes
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        if self.long.is_empty() { &self.short[..self.length] } else { &self.long }
    }
}

/// Where the bytes of a key's parts go.
trait Bytes {
    fn push(&mut self, bytes: &[u8]);
}

impl Bytes for KeyBytes {
    fn push(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if let Some(room) = self.short.get_mut(self.length..end)
            && self.long.is_empty()
        {
            room.copy_from_slice(bytes);
            self.length = end;
            return;
        }
        if self.long.is_empty() {
            self.long.extend_from_slice(&self.short[..self.length]);
        }
        self.long.extend_from_slice(bytes);
    }
}

struct KeyWriter(Vec<u8>);

impl Bytes for KeyWriter {
    fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

impl<B: Bytes> KeySink for B {
    fn number(&mut self, value: u64) {
        self.push(&value.to_be_bytes());
    }

    fn index(&mut self, value: u32) {
        self.push(&value.to_be_bytes());
    }

    fn word<W: Word>(&mut self, value: W) {
        self.push(&[value.to_byte()]);
    }

    fn array<const N: usize>(&mut self, value: &[u8; N]) {
        self.push(value);
    }

    fn text(&mut self, value: &str) {
        self.last_text(value);
        self.push(&[0]);
    }

    fn last_text(&mut self, value: &str) {
        self.push(value.as_bytes());
    }

    fn nothing(&mut self) {}
}

struct KeyReader<'a>(&'a [u8]);

impl KeySource for KeyReader<'_> {
    fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn index(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn word<W: Word>(&mut self) -> Option<W> {
        self.array().and_then(|[byte]| W::of_byte(byte))
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn text(&mut self) -> Option<String> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let (text, rest) = self.0.split_at(end);
        self.0 = &rest[1..];
        String::from_utf8(text.to_vec()).ok()
    }

    fn last_text(&mut self) -> Option<String> {
        String::from_utf8(std::mem::take(&mut self.0).to_vec()).ok()
    }

    fn nothing(&mut self) {}
}

impl Part for () {
    fn write(&self, _: &mut impl KeySink) {}
}

/// Of the one row of its table.
impl Key for () {
    fn read(_: &mut impl KeySource) -> Option<Self> {
        Some(())
    }
}

impl Part for u64 {
    fn write(&self, key: &mut impl KeySink) {
        key.number(*self);
    }
}

impl Key for u64 {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        key.number()
    }
}

impl<const N: usize> Part for [u8; N] {
    fn write(&self, key: &mut impl KeySink) {
        key.array(self);
    }
}

impl<const N: usize> Key for [u8; N] {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        key.array()
    }
}

impl<A: Part, B: Part> Part for (A, B) {
    fn write(&self, key: &mut impl KeySink) {
        self.0.write(key);
        self.1.write(key);
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn read(key: &mut impl KeySource) -> Option<Self> {
        Some((A::read(key)?, B::read(key)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DayCounters, OfVenue, Sites};
    use super::*;

    #[test]
    fn keys_of_every_length_are_looked_for_as_they_are_kept() {
        for (venue, id) in [(0, 0), (1, 62), (1, 63), (63, 0), (64, 0), (70, 70), (0, 200)] {
            let (venue, id) = ("v".repeat(venue), "i".repeat(id));
            let key = OfVenue::new(&venue, &id);
            assert_eq!(KeyBytes::of::<Sites>(&key).as_slice(), encode_key::<Sites>(&key));
        }
        assert_eq!(KeyBytes::of::<DayCounters>(&7).as_slice(), encode_key::<DayCounters>(&7));
    }

    #[test]
    fn beyond_a_key_lies_what_does_not_begin_with_it() {
        assert_eq!(beyond(vec![1, 2]), Some(vec![1, 3]));
        assert_eq!(beyond(vec![1, 255]), Some(vec![2]));
        assert_eq!(beyond(vec![255, 255]), None);
        assert_eq!(beyond(Vec::new()), None);
    }
}
