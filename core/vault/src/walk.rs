//! Reading all items of the engine, around pages that cannot be read.
//!
//! Forwards alone: sled's way backwards brings a constant of a whole megabyte into the library, a third of
//! what a phone would load. How far the damage reaches is found by looking keys up instead.

use std::ops::Bound;

use crate::engine::{Failure, guarded};
use crate::envelope::{ITEM_KEY_LEN, ItemKey, Region};
use crate::mirror::Items;

/// The items of a region, or of all, and whether all could be read.
pub(crate) fn items(db: &sled::Db, region: Option<Region>) -> (Items, bool) {
    let mut items = Items::new();
    let mut from: Vec<u8> = region.iter().map(|region| *region as u8).collect();
    let beyond = region.map(|region| [region as u8 + 1]);
    let to = beyond.as_ref().map_or(Bound::Unbounded, |key| Bound::Excluded(key.as_slice()));
    let mut whole = true;
    loop {
        let mut last: Option<sled::IVec> = None;
        let read = guarded(|| {
            db.range::<&[u8], _>((Bound::Included(from.as_slice()), to)).try_for_each(|pair| {
                let (key, sealed) = pair?;
                // A key of another length is not ours; the copy then differs from the mirror and is rebuilt.
                let ours = <ItemKey>::try_from(key.as_ref()).unwrap_or([0xff; ITEM_KEY_LEN]);
                items.insert(ours, sealed.to_vec());
                last = Some(key);
                Ok(())
            })
        });
        if read.is_ok() {
            return (items, whole);
        }
        whole = false;
        match behind_damage(db, region, to, last.as_deref().unwrap_or(&from)) {
            Some(next) => from = next.to_vec(),
            None => return (items, whole),
        }
    }
}

/// The lowest key above `last` from which an item, or the end, can be read; nothing if there is none.
///
/// Keys are hashes behind a region's number: what can be read is looked for in steps of a 256th of a region,
/// which holds an item or two of a phone's vault, and bit by bit within the step.
fn behind_damage(
    db: &sled::Db,
    region: Option<Region>,
    to: Bound<&[u8]>,
    last: &[u8],
) -> Option<ItemKey> {
    // A panic ends the search: each is told on the terminal, and may take sled a second.
    let readable = |key: &ItemKey| {
        let from = Bound::Included(key.as_slice());
        match guarded(|| db.range::<&[u8], _>((from, to)).next().transpose()) {
            Ok(_) => Some(true),
            Err(Failure::Sled(_)) => Some(false),
            Err(Failure::Panic) => None,
        }
    };
    let regions = region
        .map_or(Region::Meta as u8..=Region::Content as u8, |region| region as u8..=region as u8);
    for start in regions.flat_map(|region| (0..=u8::MAX).map(move |step| [region, step])) {
        let mut lowest = [0xff; ITEM_KEY_LEN];
        lowest[..2].copy_from_slice(&start);
        if lowest.as_slice() <= last || !readable(&lowest)? {
            continue;
        }
        for bit in 16..ITEM_KEY_LEN * 8 {
            let mut lower = lowest;
            lower[bit / 8] ^= 0x80 >> (bit % 8);
            if lower.as_slice() > last && readable(&lower)? {
                lowest = lower;
            }
        }
        return Some(lowest);
    }
    None
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
