//! A record as items: one directory entry and the parts of the value, all of a few fixed sizes.
//!
//! The directory entry holds the names and the number of the commit that wrote the value, so that an old
//! value put back under the same name does not open. Values are cut and padded: the engine then never needs
//! its `blobs` folder, and a stored size says no more than "up to 256 bytes, 512, 1024, 2048, or so many
//! times 4096".

use zeroize::Zeroizing;

use crate::envelope::{ItemKey, Place, Region};
use crate::error::VaultError;
use crate::keys::Keys;

/// Longest value, in bytes.
pub const MAX_VALUE_LEN: usize = 16 * 1024;
/// Longest collection name, in bytes of UTF-8.
pub const MAX_COLLECTION_LEN: usize = 64;
/// Longest record name, in bytes of UTF-8.
pub const MAX_NAME_LEN: usize = 128;
/// Most changes in one batch.
pub const MAX_BATCH_CHANGES: usize = 512;
/// Most bytes of values in one batch.
pub const MAX_BATCH_BYTES: usize = 1024 * 1024;

const PART_LEN: usize = 4096;
const SMALLEST_PART: usize = 256;
/// Most parts of one value.
pub(crate) const MAX_PARTS: u8 = (MAX_VALUE_LEN / PART_LEN) as u8;
const ENTRY_LEN: usize = 224;
const COUNTER_LEN: usize = 32;

/// Refuses names that do not fit into a directory entry.
pub(crate) fn check_names(collection: &str, name: &str) -> Result<(), VaultError> {
    check_size("collection name", collection.len(), MAX_COLLECTION_LEN)?;
    check_size("record name", name.len(), MAX_NAME_LEN)
}

/// Refuses what is larger than its limit.
pub(crate) fn check_size(what: &'static str, size: usize, limit: usize) -> Result<(), VaultError> {
    if size > limit { Err(VaultError::TooLarge { what, size, limit }) } else { Ok(()) }
}

/// Number of parts of a value; an empty one has a part too, so that it looks like any small one.
pub(crate) fn part_count(value_len: usize) -> u8 {
    value_len.div_ceil(PART_LEN).clamp(1, usize::from(MAX_PARTS)) as u8
}

/// One part of a value, padded.
pub(crate) fn padded_part(value: &[u8], part: u8) -> Zeroizing<Vec<u8>> {
    let start = (usize::from(part) * PART_LEN).min(value.len());
    let end = (start + PART_LEN).min(value.len());
    let len = if value.len() > PART_LEN {
        PART_LEN
    } else {
        value.len().next_power_of_two().max(SMALLEST_PART)
    };
    let mut padded = Zeroizing::new(vec![0; len]);
    padded[..end - start].copy_from_slice(&value[start..end]);
    padded
}

/// Key of the item that counts commits.
pub(crate) fn counter_key(keys: &Keys) -> ItemKey {
    item_key(keys, Region::Meta, &[])
}

/// Key of a record's directory entry.
pub(crate) fn directory_key(keys: &Keys, collection: &str, name: &str) -> ItemKey {
    item_key(keys, Region::Directory, &[collection.as_bytes(), name.as_bytes()])
}

/// Key of one part of a record's value.
pub(crate) fn content_key(keys: &Keys, collection: &str, name: &str, part: u8) -> ItemKey {
    item_key(keys, Region::Content, &[collection.as_bytes(), name.as_bytes(), &[part]])
}

fn item_key(keys: &Keys, region: Region, names: &[&[u8]]) -> ItemKey {
    let region = [region as u8];
    let mut parts: Vec<&[u8]> = vec![&region];
    parts.extend_from_slice(names);
    let mut key = [region[0]; 33];
    key[1..].copy_from_slice(&keys.blind(&parts));
    key
}

/// The place of an item whose reader knows nothing but its key.
pub(crate) fn standalone(key: &ItemKey) -> Place<'_> {
    Place { key, commit: 0, part: (0, 1) }
}

/// What the directory says about a record.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DirectoryEntry {
    /// The commit that wrote the value.
    pub(crate) commit: u64,
    pub(crate) value_len: usize,
    pub(crate) collection: String,
    pub(crate) name: String,
}

impl DirectoryEntry {
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(ENTRY_LEN));
        bytes.extend_from_slice(&self.commit.to_be_bytes());
        bytes.extend_from_slice(&(self.value_len as u32).to_be_bytes());
        bytes.push(self.collection.len() as u8);
        bytes.push(self.name.len() as u8);
        bytes.extend_from_slice(self.collection.as_bytes());
        bytes.extend_from_slice(self.name.as_bytes());
        bytes.resize(ENTRY_LEN, 0);
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<DirectoryEntry> {
        if bytes.len() != ENTRY_LEN {
            return None;
        }
        let (commit, rest) = bytes.split_first_chunk::<8>()?;
        let (value_len, rest) = rest.split_first_chunk::<4>()?;
        let (&[collection_len, name_len], rest) = rest.split_first_chunk::<2>()?;
        let (collection, rest) = rest.split_at_checked(collection_len.into())?;
        let (name, padding) = rest.split_at_checked(name_len.into())?;
        let entry = DirectoryEntry {
            commit: u64::from_be_bytes(*commit),
            value_len: u32::from_be_bytes(*value_len) as usize,
            collection: std::str::from_utf8(collection).ok()?.to_owned(),
            name: std::str::from_utf8(name).ok()?.to_owned(),
        };
        let fits =
            entry.value_len <= MAX_VALUE_LEN && check_names(&entry.collection, &entry.name).is_ok();
        (fits && padding.iter().all(|&b| b == 0)).then_some(entry)
    }
}

/// The item that counts commits and names the format of the store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counter {
    pub(crate) commit: u64,
    pub(crate) format: u16,
}

impl Counter {
    pub(crate) fn encode(self) -> [u8; COUNTER_LEN] {
        let mut bytes = [0; COUNTER_LEN];
        bytes[..8].copy_from_slice(&self.commit.to_be_bytes());
        bytes[8..10].copy_from_slice(&self.format.to_be_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Counter> {
        let bytes = <&[u8; COUNTER_LEN]>::try_from(bytes).ok()?;
        let (commit, rest) = bytes.split_first_chunk::<8>()?;
        let (format, padding) = rest.split_first_chunk::<2>()?;
        let counter =
            Counter { commit: u64::from_be_bytes(*commit), format: u16::from_be_bytes(*format) };
        padding.iter().all(|&b| b == 0).then_some(counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_come_in_buckets() {
        let sizes = |len: usize| {
            let value = vec![7; len];
            (0..part_count(len)).map(|part| padded_part(&value, part).len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(0), [256]);
        assert_eq!(sizes(256), [256]);
        assert_eq!(sizes(257), [512]);
        assert_eq!(sizes(2048), [2048]);
        assert_eq!(sizes(4096), [4096]);
        assert_eq!(sizes(4097), [4096, 4096]);
        assert_eq!(sizes(MAX_VALUE_LEN), [4096; 4]);
    }

    #[test]
    fn directory_entries_round_trip_and_are_strict() {
        let entry = DirectoryEntry {
            commit: u64::MAX,
            value_len: MAX_VALUE_LEN,
            collection: "c".repeat(MAX_COLLECTION_LEN),
            name: "名".repeat(42),
        };
        let bytes = entry.encode();
        assert!(DirectoryEntry::decode(&bytes) == Some(entry));
        for (at, value) in
            [(ENTRY_LEN - 1, 1), (8, 0xff), (12, 0xff), (13, 0xff), (14 + MAX_COLLECTION_LEN, 0xff)]
        {
            let mut bad = bytes.to_vec();
            bad[at] = value;
            assert!(DirectoryEntry::decode(&bad).is_none(), "byte {at}");
        }
        assert!(DirectoryEntry::decode(&bytes[1..]).is_none());
    }

    #[test]
    fn names_do_not_run_together() {
        let keys = Keys::derive(&[1; 32], &[2; 16]);
        assert_ne!(directory_key(&keys, "ab", "c"), directory_key(&keys, "a", "bc"));
        assert_ne!(content_key(&keys, "a", "b", 0), content_key(&keys, "a", "b", 1));
        assert_ne!(directory_key(&keys, "", "")[1..], counter_key(&keys)[1..]);
    }
}
