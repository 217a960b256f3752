//! The memory of used codes: bounded, and never forgetful inside the window.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

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

/// Used codes of the last [`REPLAY_WINDOW`] seconds, in memory. When it is full of codes that still count it says so, and
/// the verification refuses: forgetting would accept a replay.
pub struct InMemoryReplay {
    shards: [Mutex<HashMap<ReplayKey, OperatorDigest>>; SHARDS],
    per_shard: usize,
}

impl InMemoryReplay {
    /// A memory for at most `codes` used codes; one takes about 64 bytes.
    pub fn new(codes: usize) -> Self {
        Self { shards: Default::default(), per_shard: codes.div_ceil(SHARDS) }
    }

    /// Remembers a use that was stored before, after a start.
    pub fn restore(&self, key: ReplayKey, operator: OperatorDigest) {
        self.shard(&key).entry(key).or_insert(operator);
    }

    fn shard(
        &self,
        key: &ReplayKey,
    ) -> std::sync::MutexGuard<'_, HashMap<ReplayKey, OperatorDigest>> {
        let shard = &self.shards[usize::from(key.device[0]) % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReplayMemory for InMemoryReplay {
    fn check_and_remember(&self, key: ReplayKey, operator: &str, now: u64) -> Use {
        let operator = derive_operator_digest(operator);
        let mut shard = self.shard(&key);
        if let Some(first) = shard.get(&key) {
            return Use::Again { same_operator: *first == operator };
        }
        if shard.len() >= self.per_shard {
            shard.retain(|used, _| used.iat.saturating_add(REPLAY_WINDOW) > now);
            if shard.len() >= self.per_shard {
                return Use::Unavailable;
            }
        }
        shard.insert(key, operator);
        Use::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(device: u8, iat: u64) -> ReplayKey {
        ReplayKey { device: [device; 16], iat }
    }

    #[test]
    fn a_use_is_remembered_with_its_operator() {
        let memory = InMemoryReplay::new(100);
        assert_eq!(memory.check_and_remember(key(1, 1000), "desk-1", 1000), Use::First);
        assert_eq!(
            memory.check_and_remember(key(1, 1000), "desk-1", 1001),
            Use::Again { same_operator: true }
        );
        assert_eq!(
            memory.check_and_remember(key(1, 1000), "desk-2", 1001),
            Use::Again { same_operator: false }
        );
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
}
