//! Which codes were used lately, at hand: a scan need not wait for the tables to learn that its code is new.

use std::collections::{BTreeMap, HashSet};

use szid_protocol::verify::REPLAY_WINDOW;

use crate::store::UsedCode;

/// Codes are forgotten by as many seconds at once.
const SPAN: u64 = 16;
/// The most that are remembered, at some 8 bytes each: what the service can verify in that time.
const MOST: usize = 1_000_000;

/// A set of all codes that were used and made since a time. Of each it keeps so little that two may look alike: the tables know better.
pub(super) struct RecentCodes {
    since: u64,
    spans: BTreeMap<u64, HashSet<u32>>,
    count: usize,
}

impl RecentCodes {
    /// Knows nothing of codes made before.
    pub(super) fn new(since: u64) -> Self {
        Self { since, spans: BTreeMap::new(), count: 0 }
    }

    /// Whether a code is certain not to have been used.
    pub(super) fn is_new(&self, used: &UsedCode) -> bool {
        let (span, mark) = place(used);
        used.iat >= self.since && self.spans.get(&span).is_none_or(|marks| !marks.contains(&mark))
    }

    pub(super) fn remember(&mut self, used: &UsedCode) {
        let (span, mark) = place(used);
        self.count += usize::from(self.spans.entry(span).or_default().insert(mark));
        let old = used.iat.saturating_sub(REPLAY_WINDOW) / SPAN;
        while self.count > MOST
            || self.spans.first_key_value().is_some_and(|(first, _)| *first < old)
        {
            let Some((span, marks)) = self.spans.pop_first() else { break };
            self.count -= marks.len();
            self.since = self.since.max((span + 1) * SPAN);
        }
    }
}

/// The span of a code, and what is kept of it: a part of its device's digest, and its second.
fn place(used: &UsedCode) -> (u64, u32) {
    let mark = used.device.first_chunk().map_or(0, |part| u32::from_be_bytes(*part));
    // The second within the span tells a device's codes apart.
    (used.iat / SPAN, mark.wrapping_add((used.iat % SPAN) as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_768_449_600;

    fn used(number: u64, iat: u64) -> UsedCode {
        let mut device = [0; 16];
        device[..4].copy_from_slice(&(number as u32).to_be_bytes());
        UsedCode { device, iat, operator: [0; 8] }
    }

    #[test]
    fn a_code_is_new_once() {
        let mut recent = RecentCodes::new(NOW);
        assert!(recent.is_new(&used(1, NOW)));
        recent.remember(&used(1, NOW));
        assert!(!recent.is_new(&used(1, NOW)));
        assert!(recent.is_new(&used(2, NOW)));
        assert!(recent.is_new(&used(1, NOW + 1)));
    }

    #[test]
    fn nothing_is_certain_of_codes_before_its_time() {
        assert!(!RecentCodes::new(NOW).is_new(&used(1, NOW - 1)));
    }

    #[test]
    fn what_is_forgotten_is_not_taken_for_new() {
        let mut recent = RecentCodes::new(NOW);
        recent.remember(&used(1, NOW));
        recent.remember(&used(2, NOW + REPLAY_WINDOW));
        assert!(!recent.is_new(&used(1, NOW)));
        recent.remember(&used(3, NOW + REPLAY_WINDOW + SPAN));
        assert!(recent.spans.first_key_value().is_some_and(|(first, _)| *first > NOW / SPAN));
        assert!(!recent.is_new(&used(1, NOW)));
        assert!(recent.is_new(&used(4, NOW + REPLAY_WINDOW)));
    }

    #[test]
    fn its_memory_is_bounded() {
        let mut recent = RecentCodes::new(NOW);
        (0..MOST as u64 + 10).for_each(|number| recent.remember(&used(number, NOW + number % 100)));
        assert!(recent.count <= MOST);
        assert!(!recent.is_new(&used(0, NOW)));
    }
}
