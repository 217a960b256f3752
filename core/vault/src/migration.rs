//! From older formats of the store to the current one.
//!
//! A store of an older format is rewritten into a new generation, step by step in memory; the old generation
//! stays in force until the new one is complete on disk, so an interrupted migration starts over. A new
//! format adds one step here, raises `FORMAT_VERSION`, and keeps the fixture of every older format in the
//! tests.

use crate::error::VaultError;
use crate::header::FORMAT_VERSION;
use crate::keys::Keys;
use crate::mirror::Items;
use crate::ports::Entropy;

/// Turns the items of one format into those of the next.
pub(crate) type Step = fn(&Keys, &dyn Entropy, Items) -> Result<Items, VaultError>;

/// The step at index n leads from format n + 1 to n + 2.
pub(crate) const STEPS: &[Step] = &[];

const _: () =
    assert!(STEPS.len() + 1 == FORMAT_VERSION as usize, "one step from each older format");

/// What an older store has to go through. `None` if it is of the current format.
pub(crate) fn migrate(
    steps: &[Step],
    keys: &Keys,
    entropy: &dyn Entropy,
    items: &Items,
    format: u16,
) -> Result<Option<Items>, VaultError> {
    let current = steps.len() as u16 + 1;
    if format > current {
        return Err(VaultError::NewerVersion { found: format, supported: current });
    }
    let pending = steps.get(usize::from(format.saturating_sub(1))..).unwrap_or_default();
    if pending.is_empty() {
        return Ok(None);
    }
    pending.iter().try_fold(items.clone(), |items, step| step(keys, entropy, items)).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::EntropyError;

    struct NoEntropy;
    impl Entropy for NoEntropy {
        fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
            Err(EntropyError)
        }
    }

    fn add(items: Items, byte: u8) -> Items {
        let mut items = items;
        items.insert([byte; 33], items.keys().flat_map(|key| [key[0]]).collect());
        items
    }

    #[test]
    fn steps_run_in_order_from_the_store_s_format() {
        let steps: [Step; 2] = [|_, _, items| Ok(add(items, 1)), |_, _, items| Ok(add(items, 2))];
        let keys = Keys::derive(&[0; 32], &[0; 16]);
        let run = |format| migrate(&steps, &keys, &NoEntropy, &Items::new(), format);
        let all = run(1).unwrap().unwrap();
        assert_eq!(all[&[2; 33]], [1], "the second step sees what the first one did");
        assert_eq!(run(2).unwrap().unwrap().len(), 1);
        assert!(run(3).unwrap().is_none());
        assert!(matches!(run(4), Err(VaultError::NewerVersion { found: 4, supported: 3 })));
    }

    #[test]
    fn a_failed_step_fails_the_migration() {
        let steps: [Step; 1] = [|_, entropy, items| {
            entropy.fill(&mut [0])?;
            Ok(items)
        }];
        let keys = Keys::derive(&[0; 32], &[0; 16]);
        assert!(migrate(&steps, &keys, &NoEntropy, &Items::new(), 1).is_err());
    }
}
