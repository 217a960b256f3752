//! Reading records from items, wherever the items come from.

use zeroize::Zeroizing;

use crate::envelope::{self, ItemKey, Region};
use crate::keys::Keys;
use crate::record::{self, Counter, DirectoryEntry};

/// What became of a record that was looked for.
pub(crate) enum Found<T> {
    /// There is none.
    Nothing,
    /// It is there but cannot be read.
    Damaged,
    /// Here it is.
    Intact(T),
}

/// What a source of items says about a key.
pub(crate) enum Item {
    Missing,
    Unreadable,
    Bytes(Vec<u8>),
}

/// Reads a record's directory entry and checks that it is the one asked for.
pub(crate) fn entry_of(
    keys: &Keys,
    source: &impl Fn(&ItemKey) -> Item,
    collection: &str,
    name: &str,
) -> Found<DirectoryEntry> {
    let key = record::directory_key(keys, collection, name);
    match source(&key) {
        Item::Missing => Found::Nothing,
        Item::Unreadable => Found::Damaged,
        Item::Bytes(bytes) => match open_entry(keys, &key, &bytes) {
            Some(entry) if entry.collection == collection && entry.name == name => {
                Found::Intact(entry)
            }
            _ => Found::Damaged,
        },
    }
}

/// Opens a directory entry found under a key.
pub(crate) fn open_entry(keys: &Keys, key: &ItemKey, bytes: &[u8]) -> Option<DirectoryEntry> {
    let plain = envelope::open(keys, &record::standalone(key), bytes)?;
    let entry = DirectoryEntry::decode(&plain)?;
    // The key is a function of the names, so this cannot fail for an entry that we sealed.
    (record::directory_key(keys, &entry.collection, &entry.name) == *key).then_some(entry)
}

/// Reads a record's value.
pub(crate) fn value_of(
    keys: &Keys,
    source: &impl Fn(&ItemKey) -> Item,
    entry: &DirectoryEntry,
) -> Option<Zeroizing<Vec<u8>>> {
    // The whole capacity at once: growing would leave uncleared copies behind.
    let mut value = Zeroizing::new(Vec::with_capacity(record::MAX_VALUE_LEN));
    let count = record::part_count(entry.value_len);
    for part in 0..count {
        let key = record::content_key(keys, &entry.collection, &entry.name, part);
        let Item::Bytes(bytes) = source(&key) else { return None };
        let place = envelope::Place { key: &key, commit: entry.commit, part: (part, count) };
        value.extend_from_slice(&envelope::open(keys, &place, &bytes)?);
    }
    if value.len() < entry.value_len {
        return None;
    }
    value.truncate(entry.value_len);
    Some(value)
}

/// Reads the item that counts commits.
pub(crate) fn counter_of(keys: &Keys, source: &impl Fn(&ItemKey) -> Item) -> Option<Counter> {
    let key = record::counter_key(keys);
    let Item::Bytes(bytes) = source(&key) else { return None };
    Counter::decode(&envelope::open(keys, &record::standalone(&key), &bytes)?)
}

/// Whether a key lies in the directory.
pub(crate) fn is_directory_key(key: &ItemKey) -> bool {
    key[0] == Region::Directory as u8
}
