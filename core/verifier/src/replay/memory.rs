//! Used codes in memory: bounded, and never forgetful inside the window.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use szid_protocol::verify::{REPLAY_WINDOW, ReplayKey, ReplayMemory, Use};

/// As many can be looked up at once.
const LEAST_SHARDS: usize = 16;
/// What a table of 2^16 places holds before it doubles: a memory for many codes has more tables, which are
/// well filled.
const PER_SHARD: usize = (1 << 16) / 8 * 7;

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

/// A used code as it lies in memory, where a million of them are most of what a gate takes: the first 96 bits
/// of the device's digest, and the second. Whoever found another device with the same ones would have a code
/// of it refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Used {
    device: [u8; 12],
    /// Big-endian bytes, which take no room for alignment.
    iat: [u8; 4],
}

impl Used {
    /// `None` for seconds from the year 2106 on.
    fn new(key: &ReplayKey) -> Option<Self> {
        let iat = u32::try_from(key.iat).ok()?.to_be_bytes();
        key.device.first_chunk().map(|device| Self { device: *device, iat })
    }

    fn iat(&self) -> u64 {
        u32::from_be_bytes(self.iat).into()
    }
}

/// Who used it: so much of the digest that one in four thousand million others is taken for the same.
type ShortDigest = [u8; 4];

fn shorten(operator: OperatorDigest) -> ShortDigest {
    let [a, b, c, d, ..] = operator;
    [a, b, c, d]
}

impl Shard {
    /// Keeps a use. An entry that was taken out may leave its place marked, which counts as taken: a table
    /// without a free place would double, so that one with room for all is filled anew.
    fn insert(&mut self, code: Used, operator: ShortDigest, per_shard: usize) {
        if self.used.len() == self.used.capacity() && self.used.len() < per_shard {
            let mut anew = HashMap::with_capacity(per_shard);
            anew.extend(self.used.drain());
            self.used = anew;
        }
        self.used.insert(code, operator);
    }
}

/// Used codes of the last [`REPLAY_WINDOW`] seconds. When it is full of codes that still count it says so,
/// and the verification refuses: forgetting would accept a replay.
pub struct InMemoryReplay {
    shards: Box<[Mutex<Shard>]>,
    per_shard: usize,
}

#[derive(Default)]
struct Shard {
    used: HashMap<Used, ShortDigest>,
    /// The newest code whose use was forgotten. None up to it is taken for new, whatever the clock says
    /// later.
    forgotten_to: Option<u64>,
}

impl InMemoryReplay {
    /// A memory for at most `codes` used codes; one takes about 27 bytes where they are many.
    pub fn new(codes: usize) -> Self {
        let shards = codes.div_ceil(PER_SHARD).max(LEAST_SHARDS);
        let per_shard = codes.div_ceil(shards).max(1);
        let shard = || Shard { used: HashMap::with_capacity(per_shard), forgotten_to: None };
        Self { shards: (0..shards).map(|_| Mutex::new(shard())).collect(), per_shard }
    }

    /// Remembers a use that was stored before, after a start. Bounded by what was stored, not by this
    /// memory's own bound.
    pub fn restore(&self, key: ReplayKey, operator: OperatorDigest) {
        let Some(used) = Used::new(&key) else { return };
        self.shard(&key).used.entry(used).or_insert(shorten(operator));
    }

    /// States that uses of codes up to `iat` were forgotten elsewhere, so that none of them is taken for new.
    pub(super) fn forgot_to(&self, iat: u64) {
        for shard in &*self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.forgotten_to = shard.forgotten_to.max(Some(iat));
        }
    }

    /// States that of what is later than `iat` nothing was forgotten.
    pub(super) fn forgot_no_later_than(&self, iat: u64) {
        for shard in &*self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.forgotten_to = shard.forgotten_to.map(|to| to.min(iat));
        }
    }

    /// Takes back a use that could not be made durable: nobody was told of it.
    pub(super) fn take_back(&self, key: &ReplayKey) {
        if let Some(used) = Used::new(key) {
            self.shard(key).used.remove(&used);
        }
    }

    fn shard(&self, key: &ReplayKey) -> MutexGuard<'_, Shard> {
        let place = u16::from_be_bytes([key.device[0], key.device[1]]);
        let shard = &self.shards[usize::from(place) % self.shards.len()];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReplayMemory for InMemoryReplay {
    fn check_and_remember(&self, key: ReplayKey, operator: &str, now: u64) -> Use {
        let Some(code) = Used::new(&key) else { return Use::Unavailable };
        let operator = shorten(derive_operator_digest(operator));
        let mut shard = self.shard(&key);
        if let Some(first) = shard.used.get(&code) {
            return Use::Again { same_operator: *first == operator };
        }
        if shard.used.len() >= self.per_shard {
            let over = shard.used.extract_if(|used, _| !is_live(used.iat(), now));
            let newest = over.map(|(used, _)| used.iat()).max();
            shard.forgotten_to = shard.forgotten_to.max(newest);
        }
        if shard.forgotten_to.is_some_and(|to| key.iat <= to) {
            return Use::Forgotten;
        }
        if shard.used.len() >= self.per_shard {
            return Use::Unavailable;
        }
        shard.insert(code, operator, self.per_shard);
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

    #[test]
    fn a_code_takes_little_room_in_tables_that_are_well_filled() {
        assert_eq!(size_of::<(Used, ShortDigest)>(), 20);
        for codes in [1, 1000, 1_100_000, 3_000_000] {
            let memory = InMemoryReplay::new(codes);
            let places: usize =
                memory.shards.iter().map(|s| s.lock().unwrap().used.capacity()).sum();
            assert!(
                places >= codes && (codes < 10_000 || places < codes * 5 / 4),
                "{codes}: {places}"
            );
        }
    }

    #[test]
    fn a_memory_takes_no_more_room_however_long_codes_come_and_go() {
        let memory = InMemoryReplay::new(16 * 1_000);
        let places = || memory.shards[0].lock().unwrap().used.capacity();
        let at_first = places();
        // One shard, most of whose codes still count whenever some are forgotten.
        for number in 0..20_000u64 {
            let mut device = [0; 16];
            device[2..10].copy_from_slice(&number.to_be_bytes());
            let now = 10_000 + number * REPLAY_WINDOW / 900;
            let key = ReplayKey { device, iat: now };
            assert_eq!(memory.check_and_remember(key, "", now), Use::First);
            assert!(places() <= at_first, "{} places after {number} codes", places());
        }
    }

    #[test]
    fn a_second_that_does_not_fit_is_never_taken_for_another_one() {
        let memory = InMemoryReplay::new(16);
        let late = u64::from(u32::MAX) + 1001;
        assert_eq!(memory.check_and_remember(key(1, 1000), "", 1000), Use::First);
        assert_eq!(memory.check_and_remember(key(1, late), "", late), Use::Unavailable);
        memory.restore(key(2, late), derive_operator_digest(""));
        assert_eq!(memory.check_and_remember(key(2, 1000), "", 1000), Use::First);
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
