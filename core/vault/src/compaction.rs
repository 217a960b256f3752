//! When the files have grown so much larger than what lives in them that the store is written anew.

use crate::mirror::Items;

/// Growth that is always allowed, so that small vaults are not rewritten again and again.
const SLACK: u64 = 1024 * 1024;
/// How many times the live bytes both files together may take: each holds them once, and needs room to work
/// in.
const FACTOR: u64 = 3;

/// Bytes that the items of a store take at least.
pub(crate) fn live_bytes(items: &Items) -> u64 {
    items.iter().map(|(key, sealed)| (key.len() + sealed.len()) as u64).sum()
}

/// The size of both files together beyond which the store is rewritten.
pub(crate) fn limit(live: u64) -> u64 {
    SLACK + FACTOR * live
}
