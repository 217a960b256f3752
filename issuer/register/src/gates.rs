//! Devices that decide without connection: their keys, and how far the count of each has come.

use super::LONGEST_ALONE;

/// The most keys that a device is known to have had before: more than it gets in years.
const MAX_FORMER: usize = 8;
/// How long a key that was replaced still signs, seconds: as long as a gate may stay alone with it.
const FORMER_SIGNS_FOR: u64 = LONGEST_ALONE;

/// A device that decides without connection and uploads its receipts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The key that signs its receipts, as a compressed point.
    pub key: [u8; 33],
    /// The highest number of the receipts that this key signed.
    pub last: u64,
    /// The first number whose receipt is known by its digest; those before were kept without.
    pub digests_from: u64,
    /// When it last sent a receipt under a number that another one has, Unix seconds; 0 for never.
    pub conflict_at: u64,
    /// The highest number of the device's present count, whichever of its keys signed: another key in the
    /// same folder goes on where the one before it was.
    pub count: u64,
    /// Keys that it had before, the latest last: receipts of theirs may still wait at the device.
    pub former: Vec<FormerKey>,
}

/// A key that a device had before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormerKey {
    /// The key, as a compressed point.
    pub key: [u8; 33],
    /// As of a [`Gate`].
    pub last: u64,
    /// As of a [`Gate`].
    pub digests_from: u64,
    /// When it was replaced, Unix seconds.
    pub until: u64,
    /// Whether its numbers are of another count than the present one: a new folder began at 1.
    pub apart: bool,
}

impl FormerKey {
    /// Whether it may have signed a receipt of that second.
    pub const fn may_sign_at(&self, at: u64) -> bool {
        at <= self.until.saturating_add(FORMER_SIGNS_FOR)
    }
}

impl Gate {
    pub(crate) const fn new(key: [u8; 33]) -> Self {
        Self { key, last: 0, digests_from: 1, conflict_at: 0, count: 0, former: Vec::new() }
    }

    /// Gives it another key. One that it had before goes on where it was.
    pub(crate) fn replace(&mut self, key: [u8; 33], at: u64) {
        if key == self.key {
            return;
        }
        let back = self.former.iter().position(|former| former.key == key);
        let back = back.map(|place| self.former.remove(place));
        let Self { key: replaced, last, digests_from, .. } = *self;
        self.former.push(FormerKey { key: replaced, last, digests_from, until: at, apart: false });
        if self.former.len() > MAX_FORMER {
            // One that has signed nothing is missed by nobody.
            let unused = self.former.iter().position(|former| former.last == 0);
            self.former.remove(unused.unwrap_or(0));
        }
        (self.key, self.last, self.digests_from) =
            back.map_or((key, 0, 1), |back| (key, back.last, back.digests_from));
        if let Some(FormerKey { apart: true, last, .. }) = back {
            self.begin_apart();
            self.count = last;
        }
    }

    /// The highest number that a key has signed, and from which on its receipts are known by their digests.
    pub(crate) fn standing_of(&self, key: &[u8; 33]) -> Option<(u64, u64)> {
        if *key == self.key {
            return Some((self.last, self.digests_from));
        }
        let former = self.former.iter().find(|former| former.key == *key)?;
        Some((former.last, former.digests_from))
    }

    /// The key whose last number is the highest of the present count.
    pub fn key_of_count(&self) -> [u8; 33] {
        let is_its = |former: &&FormerKey| !former.apart && former.last == self.count;
        let former = self.former.iter().rev().find(is_its);
        former.filter(|_| self.last != self.count).map_or(self.key, |former| former.key)
    }

    /// Takes a number that a key has signed, higher than those before, into the counts. Returns the number
    /// before it, after which all up to this one are left out.
    pub(crate) fn take(&mut self, key: &[u8; 33], number: u64) -> u64 {
        let mut apart = false;
        let last = if *key == self.key {
            &mut self.last
        } else if let Some(former) = self.former.iter_mut().find(|former| former.key == *key) {
            apart = former.apart;
            &mut former.last
        } else {
            return number.saturating_sub(1);
        };
        let own = std::mem::replace(last, number);
        if apart {
            return own;
        }
        // A new key that begins at 1 has a new folder.
        if own == 0 && number == 1 && *key == self.key {
            self.begin_apart();
            self.count = 1;
            return 0;
        }
        let before = if self.count < number { self.count.max(own) } else { own };
        self.count = self.count.max(number);
        before
    }

    fn begin_apart(&mut self) {
        self.former.iter_mut().for_each(|former| former.apart = true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> [u8; 33] {
        [number; 33]
    }

    #[test]
    fn the_count_goes_on_over_keys_and_begins_anew_at_one() {
        let mut gate = Gate::new(key(1));
        assert_eq!([1, 2, 5].map(|number| gate.take(&key(1), number)), [0, 1, 2]);
        gate.replace(key(2), 9);
        assert_eq!((gate.last, gate.count, gate.key_of_count()), (0, 5, key(1)));
        // What waited under the older key, and then the newer one's.
        assert_eq!(
            (gate.take(&key(1), 6), gate.take(&key(2), 7), gate.take(&key(2), 9)),
            (5, 6, 7)
        );
        assert_eq!((gate.last, gate.count, gate.key_of_count()), (9, 9, key(2)));
        gate.replace(key(1), 10);
        assert_eq!((gate.last, gate.count, gate.key_of_count()), (6, 9, key(2)));
        assert_eq!(gate.take(&key(1), 10), 9);
        // A new folder; and the older one comes back.
        gate.replace(key(3), 11);
        assert_eq!((gate.take(&key(3), 1), gate.count), (0, 1));
        assert_eq!((gate.take(&key(1), 12), gate.count), (10, 1), "it counts for itself");
        gate.replace(key(1), 12);
        assert_eq!((gate.last, gate.count, gate.take(&key(1), 13)), (12, 12, 12));
        assert_eq!(gate.standing_of(&key(3)), Some((1, 1)));
        assert_eq!(gate.standing_of(&key(4)), None);
    }

    #[test]
    fn keys_that_signed_nothing_are_forgotten_first() {
        let mut gate = Gate::new(key(1));
        gate.take(&key(1), 1);
        for number in 2..=30 {
            gate.replace(key(number), number.into());
        }
        assert_eq!(gate.former.len(), MAX_FORMER);
        assert_eq!(gate.standing_of(&key(1)), Some((1, 1)));
        gate.replace(key(1), 40);
        assert_eq!((gate.last, gate.count), (1, 1));
    }
}
