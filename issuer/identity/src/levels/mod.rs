//! Identity levels: what a person's evidence is worth at a time, by the city's policy.
//!
//! The level is computed and never stored. What the policy does not know counts for nothing.

mod bundled;
pub mod tables;
#[cfg(test)]
mod tests;
mod way_up;

use szid_protocol::level::IdentityLevel;
use szid_protocol::level_policy::{LevelPolicy, Part, Sum, Way};
use szid_register::Evidence;

pub use bundled::{BUNDLED_POLICY, bundled_policy};
pub use way_up::{WayUp, way_up};

/// Seconds of a day of the policy.
const DAY: u64 = 86_400;

/// What evidence is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level<'a> {
    /// The level; none where nothing counts.
    pub level: Option<IdentityLevel>,
    /// When it is lower next, where nothing else changes, Unix seconds; none where it does not end.
    pub falls_at: Option<u64>,
    /// How the identity was proven, as the evidence says that counts longest; empty where nothing counts.
    pub method: &'a str,
}

impl Level<'_> {
    /// As a number: 1 to 4, or 0 where nothing counts.
    pub fn number(&self) -> u8 {
        self.level.map_or(0, |level| level as u8)
    }
}

/// A level that something gives. What gives more, for longer, or was proven later comes after, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Worth<'a> {
    level: u8,
    /// The first second at which it does not count, or [`u64::MAX`].
    ends: u64,
    at: u64,
    method: &'a str,
}

/// The level of a person with this evidence at `now`.
///
/// The most that one piece gives by itself, or that pieces of several connectors give together. Evidence that
/// says it is of a later time counts at once: time alone never raises a level.
pub fn level<'a>(evidence: &'a [Evidence], policy: &LevelPolicy, now: u64) -> Level<'a> {
    let pieces = pieces(evidence, policy, now);
    let alone = pieces.iter().map(|piece| piece.worth).max();
    let together = policy.sums.iter().filter_map(|sum| add_up(&pieces, sum)).max();
    match alone.max(together) {
        None => Level { level: None, falls_at: None, method: "" },
        Some(worth) => Level {
            level: IdentityLevel::try_from(u64::from(worth.level)).ok(),
            falls_at: (worth.ends != u64::MAX).then_some(worth.ends),
            method: worth.method,
        },
    }
}

/// Evidence that counts.
struct Piece<'a> {
    /// The number of its way.
    way: u16,
    document_class: u16,
    worth: Worth<'a>,
}

/// What of the evidence counts at `now`: each piece with its way, looked for once.
fn pieces<'a>(evidence: &'a [Evidence], policy: &LevelPolicy, now: u64) -> Vec<Piece<'a>> {
    let counts = |found: &'a Evidence| {
        let way = policy.ways.iter().find(|way| is_of(found, way))?;
        let worth = worth(found, way, now)?;
        Some(Piece { way: way.id, document_class: found.document_class, worth })
    };
    evidence.iter().filter_map(counts).collect()
}

/// Whether evidence came by this way, with a document that may use it.
fn is_of(found: &Evidence, way: &Way) -> bool {
    found.connector == way.connector
        && found.method == way.method
        && way.classes.contains(&found.document_class)
}

/// What one piece is worth by itself: never more than the way's cap.
fn worth<'a>(found: &'a Evidence, way: &Way, now: u64) -> Option<Worth<'a>> {
    let level = found.level.min(way.cap);
    let by_age = way.days.map_or(u64::MAX, |days| found.at.saturating_add(u64::from(days) * DAY));
    let ends = found.expires_at.unwrap_or(u64::MAX).min(by_age);
    let counts = level > 0 && now < ends;
    counts.then_some(Worth { level, ends, at: found.at, method: &found.method })
}

/// The evidence that does for a part of a sum with documents of a class, and the longest.
fn part_of<'a>(pieces: &[Piece<'a>], part: &Part, class: u16) -> Option<Worth<'a>> {
    let does = |piece: &&Piece<'_>| {
        piece.way == part.way && piece.document_class == class && piece.worth.level >= part.level
    };
    pieces.iter().filter(does).map(|piece| piece.worth).max_by_key(|worth| worth.ends)
}

/// What a sum gives: all of its parts, proven with documents of one class, for as long as all of them count.
fn add_up<'a>(pieces: &[Piece<'a>], sum: &Sum) -> Option<Worth<'a>> {
    let (first, others) = sum.of.split_first()?;
    let of_class = |class: u16| {
        let whole = Worth { level: sum.level, ..part_of(pieces, first, class)? };
        others.iter().try_fold(whole, |whole, part| {
            let next = part_of(pieces, part, class)?;
            let (ends, at) = (whole.ends.min(next.ends), whole.at.max(next.at));
            Some(Worth { ends, at, method: next.method, ..whole })
        })
    };
    let begun = pieces.iter().filter(|piece| piece.way == first.way);
    begun.filter_map(|piece| of_class(piece.document_class)).max()
}
