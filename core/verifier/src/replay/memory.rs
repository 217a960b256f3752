//! Used codes in memory: bounded, and never forgetful inside the window.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use szid_protocol::verify::{REPLAY_WINDOW, ReplayKey, ReplayMemory, Use};

const SHARDS: usize = 16;

/// The start of a hash of an operator's name: enough to tell operators apart, no more is kept.
pub type OperatorDigest = [u8; 8];

/// Hashes an operator's name.
pub fn derive_operator_digest(operator: &str) -> OperatorDigest {
    let digest = Sha256::digest(operator.as_bytes());
    let mut start = [0; 8];
    start.copy_from_slice(&digest[..8]);
    start
}

/// True while a use still counts.
pub(super) fn is_live(iat: u64, now: u64) -> bool {
    iat.saturating_add(REPLAY_WINDOW) > now
}

/// Used codes of the last [`REPLAY_WINDOW`] seconds. When it is full of codes that still count it says so, and the
/// verification refuses: forgetting would accept a replay.
pub struct InMemoryReplay {
    shards: [Mutex<Shard>; SHARDS],
    per_shard: usize,
}

#[derive(Default)]
struct Shard {
    used: HashMap<ReplayKey, OperatorDigest>,
    /// The newest code whose use was forgotten. None up to it is taken for new, whatever the clock says later.
    forgotten_to: Option<u64>,
}

impl InMemoryReplay {
    /// A memory for at most `codes` used codes; one takes about 64 bytes.
    pub fn new(codes: usize) -> Self {
        Self { shards: Default::default(), per_shard: codes.div_ceil(SHARDS).max(1) }
    }

    /// Remembers a use that was stored before, after a start. Bounded by what was stored, not by this memory's own bound.
    pub fn restore(&self, key: ReplayKey, operator: OperatorDigest) {
        self.shard(&key).used.entry(key).or_insert(operator);
    }

    /// States that uses of codes up to `iat` were forgotten elsewhere, so that none of them is taken for new.
    pub(super) fn forgot_to(&self, iat: u64) {
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.forgotten_to = shard.forgotten_to.max(Some(iat));
        }
    }

    /// States that of what is later than `iat` nothing was forgotten.
    pub(super) fn forgot_no_later_than(&self, iat: u64) {
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.forgotten_to = shard.forgotten_to.map(|to| to.min(iat));
        }
    }

    /// Takes back a use that could not be made durable: nobody was told of it.
    pub(super) fn take_back(&self, key: &ReplayKey) {
        self.shard(key).used.remove(key);
    }

    fn shard(&self, key: &ReplayKey) -> MutexGuard<'_, Shard> {
        let shard = &self.shards[usize::from(key.device[0]) % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReplayMemory for InMemoryReplay {
    fn check_and_remember(&self, key: ReplayKey, operator: &str, now: u64) -> Use {
        let operator = derive_operator_digest(operator);
        let mut shard = self.shard(&key);
        if let Some(first) = shard.used.get(&key) {
            return Use::Again { same_operator: *first == operator };
        }
        if shard.used.len() >= self.per_shard {
            let over = shard.used.extract_if(|used, _| !is_live(used.iat, now));
            let newest = over.map(|(used, _)| used.iat).max();
            shard.forgotten_to = shard.forgotten_to.max(newest);
        }
        if shard.forgotten_to.is_some_and(|to| key.iat <= to) {
            return Use::Forgotten;
        }
        if shard.used.len() >= self.per_shard {
            return Use::Unavailable;
        }
        shard.used.insert(key, operator);
        Use::First
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    use super::*;

    fn key(device: u8, iat: u64) -> ReplayKey {
        ReplayKey { device: [device; 16], iat }
    }

    #[test]
    fn a_use_is_remembered_with_its_operator() {
        let memory = InMemoryReplay::new(100);
        let again = |same_operator| Use::Again { same_operator };
        assert_eq!(memory.check_and_remember(key(1, 1000), "desk-1", 1000), Use::First);
        assert_eq!(memory.check_and_remember(key(1, 1000), "desk-1", 1001), again(true));
        assert_eq!(memory.check_and_remember(key(1, 1000), "desk-2", 1001), again(false));
        assert_eq!(memory.check_and_remember(key(1, 1001), "desk-1", 1001), Use::First);
        assert_eq!(memory.check_and_remember(key(2, 1000), "desk-1", 1001), Use::First);
    }

    #[test]
    fn a_full_memory_says_so_until_its_codes_have_run_out() {
        let memory = InMemoryReplay::new(16);
        assert_eq!(memory.check_and_remember(key(0, 1000), "", 1000), Use::First);
        assert_eq!(memory.check_and_remember(key(0, 1001), "", 1001), Use::Unavailable);
        assert_eq!(
            memory.check_and_remember(key(0, 1000), "", 1001),
            Use::Again { same_operator: true }
        );
        assert_eq!(memory.check_and_remember(key(0, 1121), "", 1121), Use::First);
        // What was forgotten stays refused even if the clock is set back, and nothing else does.
        assert_eq!(memory.check_and_remember(key(0, 1000), "", 1000), Use::Forgotten);
        assert_eq!(memory.check_and_remember(key(0, 1001), "", 1001), Use::Unavailable);
        assert_eq!(memory.check_and_remember(key(1, 1000), "", 1000), Use::First);
    }

    #[test]
    fn restored_uses_count() {
        let memory = InMemoryReplay::new(16);
        memory.restore(key(3, 1000), derive_operator_digest("gate"));
        assert_eq!(
            memory.check_and_remember(key(3, 1000), "gate", 1010),
            Use::Again { same_operator: true }
        );
    }

    proptest! {
        /// Against a memory that never forgets: whatever the clock does, a use is never the first twice.
        #[test]
        fn no_use_is_ever_the_first_twice(
            room in 1usize..64,
            steps in proptest::collection::vec((0u8..40, 0u64..90, 0u8..3, 0u64..400), 1..300),
        ) {
            let memory = InMemoryReplay::new(room);
            let mut model: BTreeMap<ReplayKey, u8> = BTreeMap::new();
            for (device, age, operator, now) in steps {
                let now = 10_000 + now;
                let key = key(device, now + 30 - age);
                match memory.check_and_remember(key, &operator.to_string(), now) {
                    Use::First => prop_assert_eq!(model.insert(key, operator), None),
                    Use::Again { same_operator } => {
                        prop_assert_eq!(model.get(&key).map(|first| *first == operator), Some(same_operator));
                    }
                    Use::Forgotten | Use::Unavailable => {}
                }
            }
        }
    }
}
