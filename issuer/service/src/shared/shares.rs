//! How many of something one holder may have at once, so that none has all of it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts what each holder has.
pub(crate) struct Shares<K> {
    most: usize,
    held: Arc<Held<K>>,
}

struct Held<K>(Mutex<HashMap<K, usize>>);

impl<K> Held<K> {
    fn counts(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of what its holder may have; given back when dropped.
pub(crate) struct Share<K: Hash + Eq> {
    key: K,
    held: Arc<Held<K>>,
}

impl<K: Hash + Eq + Clone> Shares<K> {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, held: Arc::new(Held(Mutex::default())) }
    }

    /// One more for this holder, unless it has as many as it may.
    pub(crate) fn take(&self, key: K) -> Option<Share<K>> {
        let mut counts = self.held.counts();
        let count = counts.entry(key.clone()).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Share { key, held: Arc::clone(&self.held) })
    }
}

impl<K: Hash + Eq> Drop for Share<K> {
    fn drop(&mut self) {
        let mut counts = self.held.counts();
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_gets_its_share_and_what_it_gives_back() {
        let shares = Shares::new(2);
        let (first, second) = (shares.take("a").unwrap(), shares.take("a"));
        assert!(second.is_some() && shares.take("a").is_none());
        assert!(shares.take("b").is_some(), "others have their own");
        drop(first);
        assert!(shares.take("a").is_some());
        drop(second);
        assert!(shares.held.counts().is_empty(), "nothing is kept of who holds nothing");
    }
}
