//! The shortest way to a higher level.

use szid_protocol::level::IdentityLevel;
use szid_protocol::level_policy::{LevelPolicy, Way};
use szid_register::Evidence;

use super::{level, part_of, pieces};

/// What somebody can do for a higher level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayUp<'p> {
    /// The level that they have then.
    pub level: IdentityLevel,
    /// All of these, in any order.
    pub steps: Vec<&'p Way>,
}

/// The shortest way above the level at `now` and to a wanted one, for somebody with a document of this
/// class: the fewest steps, and of these the one that the policy names first. Where nothing leads to the
/// wanted level here, to the highest that there is; a wanted level of 0 is any higher one. `is_open` tells
/// which ways can be gone here.
pub fn way_up<'p>(
    evidence: &[Evidence],
    policy: &'p LevelPolicy,
    now: u64,
    class: u16,
    wanted: u8,
    is_open: &dyn Fn(&Way) -> bool,
) -> Option<WayUp<'p>> {
    let has = level(evidence, policy, now).number();
    let pieces = pieces(evidence, policy, now);
    let can_go = |way: &Way| way.classes.contains(&class) && is_open(way);
    let alone = policy.ways.iter().filter(|way| way.cap > has && can_go(way));
    let alone = alone.map(|way| (way.cap, vec![way]));
    let together = policy.sums.iter().filter(|sum| sum.level > has).filter_map(|sum| {
        let mut steps = Vec::new();
        for part in &sum.of {
            let way = policy.ways.iter().find(|way| way.id == part.way)?;
            let is_done = part_of(&pieces, part, class).is_some();
            if !is_done {
                steps.push(can_go(way).then_some(way)?);
            }
        }
        Some((sum.level, steps))
    });
    // What is above the wanted level is worth no further step. The first of those with the fewest.
    let wanted = wanted.max(has.saturating_add(1));
    let lacks = |level: u8| wanted.saturating_sub(level);
    let (level, steps) =
        alone.chain(together).min_by_key(|(level, steps)| (lacks(*level), steps.len()))?;
    Some(WayUp { level: IdentityLevel::try_from(u64::from(level)).ok()?, steps })
}
