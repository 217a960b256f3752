//! From the caller's changes to the items that one commit writes and removes.

use std::collections::HashMap;

use crate::change::Change;
use crate::envelope::{self, ItemKey};
use crate::error::VaultError;
use crate::header::FORMAT_VERSION;
use crate::keys::Keys;
use crate::nonces::Nonces;
use crate::record::{self, Counter, DirectoryEntry};

/// An item to write, or to remove if `None`.
pub(crate) type ItemChange = (ItemKey, Option<Vec<u8>>);

/// Checks a batch against the limits.
pub(crate) fn check(changes: &[Change<'_>]) -> Result<(), VaultError> {
    record::check_size("batch", changes.len(), record::MAX_BATCH_CHANGES)?;
    let mut bytes = 0;
    for change in changes {
        let (collection, name) = change.names();
        record::check_names(collection, name)?;
        if let Change::Put { value, .. } = change {
            record::check_size("value", value.len(), record::MAX_VALUE_LEN)?;
            bytes += value.len();
        }
    }
    record::check_size("batch", bytes, record::MAX_BATCH_BYTES)
}

/// How many nonces the batch needs: one for each part and directory entry, and one for the counter.
pub(crate) fn nonces_needed(changes: &[Change<'_>]) -> usize {
    let of_change = |change: &Change<'_>| match change {
        Change::Put { value, .. } => 1 + usize::from(record::part_count(value.len())),
        Change::Delete { .. } => 0,
    };
    changes.iter().map(of_change).sum::<usize>() + 1
}

/// The items of one commit. `parts_now` tells how many parts a record has on disk.
pub(crate) fn plan(
    keys: &Keys,
    nonces: &mut Nonces,
    commit: u64,
    changes: &[Change<'_>],
    parts_now: impl Fn(&str, &str) -> u8,
) -> Result<Vec<ItemChange>, VaultError> {
    // Only the last change of a record counts.
    let mut last = HashMap::new();
    for (at, change) in changes.iter().enumerate() {
        last.insert(change.names(), at);
    }
    let mut items = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        let (collection, name) = change.names();
        if last.get(&(collection, name)) != Some(&at) {
            continue;
        }
        let mut parts = 0;
        if let Change::Put { value, .. } = *change {
            parts = record::part_count(value.len());
            put(keys, nonces, commit, (collection, name), value, &mut items)?;
        } else {
            items.push((record::directory_key(keys, collection, name), None));
        }
        for stale in parts..parts_now(collection, name) {
            items.push((record::content_key(keys, collection, name, stale), None));
        }
    }
    items.push(counter(keys, nonces, commit)?);
    Ok(items)
}

/// The item that counts commits, for this commit.
pub(crate) fn counter(
    keys: &Keys,
    nonces: &mut Nonces,
    commit: u64,
) -> Result<ItemChange, VaultError> {
    let key = record::counter_key(keys);
    let plain = Counter { commit, format: FORMAT_VERSION }.encode();
    let sealed = envelope::seal(keys, &record::standalone(&key), &nonces.take()?, &plain)
        .ok_or(UNREACHABLE)?;
    Ok((key, Some(sealed)))
}

fn put(
    keys: &Keys,
    nonces: &mut Nonces,
    commit: u64,
    (collection, name): (&str, &str),
    value: &[u8],
    items: &mut Vec<ItemChange>,
) -> Result<(), VaultError> {
    let entry = DirectoryEntry {
        commit,
        value_len: value.len(),
        collection: collection.to_owned(),
        name: name.to_owned(),
    };
    let key = record::directory_key(keys, collection, name);
    let sealed = envelope::seal(keys, &record::standalone(&key), &nonces.take()?, &entry.encode())
        .ok_or(UNREACHABLE)?;
    items.push((key, Some(sealed)));
    let count = record::part_count(value.len());
    for part in 0..count {
        let key = record::content_key(keys, collection, name, part);
        let place = envelope::Place { key: &key, commit, part: (part, count) };
        let sealed =
            envelope::seal(keys, &place, &nonces.take()?, &record::padded_part(value, part))
                .ok_or(UNREACHABLE)?;
        items.push((key, Some(sealed)));
    }
    Ok(())
}

/// AES-GCM refuses only contents of many gigabytes.
const UNREACHABLE: VaultError = VaultError::Io(std::io::ErrorKind::InvalidInput);
