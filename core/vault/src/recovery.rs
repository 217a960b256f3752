//! Deciding what is true when the two copies of the records were read at open.
//!
//! Every commit goes to both copies, down to the disk, before it is acknowledged. So whichever whole copy is
//! ahead is the truth, the mirror if they are level; and where neither is whole, each record is taken from
//! whichever copy has it intact, the later commit first.

use std::collections::BTreeSet;

use crate::directory::{self, Item};
use crate::envelope::{self, ItemKey, Place};
use crate::header::FORMAT_VERSION;
use crate::keys::Keys;
use crate::mirror::{Items, Replay};
use crate::record::{self, DirectoryEntry};
use crate::report::{DamagedRecord, Repair};

/// What was found, and what to do about it.
pub(crate) enum Verdict {
    /// Both copies are whole and agree on this commit.
    Healthy { items: Items, commit: u64 },
    /// Write the store anew with these items.
    Rebuild { items: Items, commit: u64, repair: Repair },
    /// As above, from what is left of two damaged copies; the counter is missing from the items.
    Salvage { items: Items, commit: u64, lost: Vec<DamagedRecord> },
    /// Nothing could be read.
    Hopeless,
}

/// Compares the copies. `engine` is its items and whether all could be read; `None` if it did not open.
pub(crate) fn judge(keys: &Keys, engine: Option<(Items, bool)>, mirror: Option<Replay>) -> Verdict {
    let (engine_items, engine_read) = engine.unwrap_or_default();
    let engine_commit = commit_of(keys, &engine_items);
    let (mirror_items, mirror_complete, mirror_commit) = match mirror {
        Some(replay) => {
            let counted = commit_of(keys, &replay.items) == Some(replay.commit);
            (replay.items, replay.complete && counted, replay.commit)
        }
        None => (Items::new(), false, 0),
    };
    match (engine_commit.filter(|_| engine_read), mirror_complete) {
        (Some(commit), true) if engine_items == mirror_items => {
            Verdict::Healthy { items: mirror_items, commit }
        }
        (Some(commit), true) if commit > mirror_commit => {
            rebuild(engine_items, commit, Repair::Mirror)
        }
        (_, true) => rebuild(mirror_items, mirror_commit, Repair::Engine),
        (Some(commit), false) if commit >= mirror_commit => {
            rebuild(engine_items, commit, Repair::Mirror)
        }
        _ => salvage(
            keys,
            &engine_items,
            &mirror_items,
            engine_commit.unwrap_or(0).max(mirror_commit),
        ),
    }
}

fn rebuild(items: Items, commit: u64, repair: Repair) -> Verdict {
    Verdict::Rebuild { items, commit, repair }
}

fn commit_of(keys: &Keys, items: &Items) -> Option<u64> {
    directory::counter_of(keys, &|key| lookup(items, key)).map(|counter| counter.commit)
}

/// An item from a map of items.
pub(crate) fn lookup(items: &Items, key: &ItemKey) -> Item {
    items.get(key).map_or(Item::Missing, |bytes| Item::Bytes(bytes.clone()))
}

/// The format of the store that these items are from.
pub(crate) fn format_of(keys: &Keys, items: &Items) -> u16 {
    directory::counter_of(keys, &|key| lookup(items, key))
        .map_or(FORMAT_VERSION, |counter| counter.format)
}

fn salvage(keys: &Keys, engine: &Items, mirror: &Items, mut commit: u64) -> Verdict {
    let (mut items, mut lost) = (Items::new(), Vec::new());
    let names: BTreeSet<_> =
        engine.keys().chain(mirror.keys()).filter(|key| directory::is_directory_key(key)).collect();
    for key in names {
        let mut entries: Vec<_> = [mirror, engine]
            .iter()
            .filter_map(|copy| {
                let bytes = copy.get(key)?;
                Some((directory::open_entry(keys, key, bytes)?, bytes))
            })
            .collect();
        // The later commit first; the sort is stable.
        entries.sort_by_key(|(entry, _)| std::cmp::Reverse(entry.commit));
        commit = entries.iter().map(|(entry, _)| entry.commit).fold(commit, u64::max);
        let whole = entries
            .iter()
            .find_map(|(entry, bytes)| Some((bytes, parts_of(keys, engine, mirror, entry)?)));
        if let Some((bytes, parts)) = whole {
            items.insert(*key, bytes.to_vec());
            items.extend(parts);
        } else if let Some((entry, bytes)) = entries.first() {
            // Keep the directory entry, so that the loss stays visible until somebody deals with it.
            items.insert(*key, bytes.to_vec());
            lost.push(DamagedRecord::named(entry));
        } else {
            lost.push(DamagedRecord::unnamed());
        }
    }
    if items.is_empty() {
        return Verdict::Hopeless;
    }
    Verdict::Salvage { items, commit, lost }
}

/// All parts of a value, each from the copy where it is intact.
fn parts_of(keys: &Keys, engine: &Items, mirror: &Items, entry: &DirectoryEntry) -> Option<Items> {
    let count = record::part_count(entry.value_len);
    (0..count)
        .map(|part| {
            let key = record::content_key(keys, &entry.collection, &entry.name, part);
            let place = Place { key: &key, commit: entry.commit, part: (part, count) };
            let intact = [mirror, engine]
                .iter()
                .filter_map(|copy| copy.get(&key))
                .find(|bytes| envelope::open(keys, &place, bytes).is_some())?;
            Some((key, intact.clone()))
        })
        .collect()
}

#[cfg(test)]
#[path = "recovery_tests.rs"]
mod tests;
