//! Verified passes, remembered: the second scan of a day's pass costs one signature instead of two.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use szid_protocol::verify::{PassCache, VerifiedPass};

const SHARDS: usize = 16;

/// A bounded cache in two generations: when the young one is full, it becomes the old one and the old one
/// goes. A pass that is still in use moves back to the young one. An entry takes about 600 bytes.
pub struct BoundedPassCache {
    shards: [Mutex<Generations>; SHARDS],
    per_generation: usize,
}

#[derive(Default)]
struct Generations {
    young: HashMap<[u8; 32], Arc<VerifiedPass>>,
    old: HashMap<[u8; 32], Arc<VerifiedPass>>,
}

impl BoundedPassCache {
    /// A cache for at most `passes` passes.
    pub fn new(passes: usize) -> Self {
        Self { shards: Default::default(), per_generation: (passes / SHARDS / 2).max(1) }
    }

    fn shard(&self, digest: &[u8; 32]) -> std::sync::MutexGuard<'_, Generations> {
        let shard = &self.shards[usize::from(digest[0]) % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn insert(&mut self, digest: [u8; 32], pass: Arc<VerifiedPass>, most: usize) {
        if self.young.len() >= most {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(digest, pass);
    }
}

impl PassCache for BoundedPassCache {
    fn find(&self, digest: &[u8; 32]) -> Option<Arc<VerifiedPass>> {
        let mut shard = self.shard(digest);
        if let Some(pass) = shard.young.get(digest) {
            return Some(Arc::clone(pass));
        }
        let pass = shard.old.remove(digest)?;
        shard.insert(*digest, Arc::clone(&pass), self.per_generation);
        Some(pass)
    }

    fn keep(&self, digest: [u8; 32], pass: Arc<VerifiedPass>) {
        self.shard(&digest).insert(digest, pass, self.per_generation);
    }
}
