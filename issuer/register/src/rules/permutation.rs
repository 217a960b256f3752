//! Status indices: unpredictable, unique, never reused. A counter runs through each list; a keyed permutation
//! hides it.

use sha2::{Digest, Sha256};

const HALF_BITS: u32 = 10;
const HALF_MASK: u32 = (1 << HALF_BITS) - 1;
const ROUNDS: u8 = 8;
/// Entries of one list: both halves' bits.
const LIST_BITS: u32 = 2 * HALF_BITS;

/// The index that the `counter`-th pass of a day gets in an epoch of the register: list `counter / 2^20`, and
/// within the list a place that only the holder of the secret can foretell. A Feistel network is a
/// permutation whatever its round function is.
pub(super) fn derive_index(secret: &[u8; 32], epoch: u32, exp: u64, counter: u32) -> u32 {
    let list = counter >> LIST_BITS;
    let (mut left, mut right) = (counter >> HALF_BITS & HALF_MASK, counter & HALF_MASK);
    for round in 0..ROUNDS {
        let mut hash = Sha256::new();
        hash.update(secret);
        hash.update(exp.to_be_bytes());
        // Epoch 0 has no word here: registers were founded before there were epochs.
        if epoch > 0 {
            hash.update(epoch.to_be_bytes());
        }
        hash.update(list.to_be_bytes());
        hash.update([round]);
        hash.update(right.to_be_bytes());
        let digest = hash.finalize();
        let mixed = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) & HALF_MASK;
        (left, right) = (right, left ^ mixed);
    }
    list << LIST_BITS | left << HALF_BITS | right
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_whole_list_is_filled_without_repetition() {
        let indices: HashSet<u32> =
            (0..1 << LIST_BITS).map(|counter| derive_index(&[7; 32], 0, 86_400, counter)).collect();
        assert_eq!(indices.len(), 1 << LIST_BITS);
        assert!(indices.iter().all(|index| index >> LIST_BITS == 0));
        assert_eq!(derive_index(&[7; 32], 0, 86_400, 1 << LIST_BITS) >> LIST_BITS, 1);
    }

    #[test]
    fn days_stores_and_epochs_differ() {
        let indices = [(7, 0, 86_400), (7, 0, 172_800), (8, 0, 86_400), (7, 1, 86_400)]
            .map(|(secret, epoch, exp)| derive_index(&[secret; 32], epoch, exp, 5));
        assert_eq!(indices.iter().collect::<HashSet<_>>().len(), 4);
    }
}
