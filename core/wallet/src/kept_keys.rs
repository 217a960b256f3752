//! Keys of passes that a new strip replaced: a register that is put back again from the same copy knows
//! these, and nothing newer.
//!
//! They prove to the service that it is this phone, and make no code. Each is deleted once its pass's day is
//! over, and all with another enrolment, or a strip that was replaced since passes were revoked.

use crate::error::WalletError;
use crate::records::{Batch, KEPT_PASSES, LOOSE_KEYS, StoredPass, day_name, load};
use crate::wallet::Wallet;

/// As many are kept: half of what a service takes in one request, so that half of the proofs are by keys of
/// the strip.
pub(crate) const MAX_KEPT: usize = 8;

impl Wallet {
    /// The kept passes, in the order of their days.
    pub(crate) fn kept_passes(&self) -> Result<Vec<StoredPass>, WalletError> {
        let mut found = Vec::new();
        for day in self.vault.list(KEPT_PASSES)? {
            found.extend(load::<StoredPass>(&self.vault, KEPT_PASSES, &day)?);
        }
        Ok(found)
    }

    /// Keeps the keys of some of these replaced passes, and lets go of the others.
    ///
    /// Every second one, beginning with the last: a strip is filled bit by bit, and nobody here knows which
    /// bit the copy has. A key that is kept already stays before a newer one, since a copy that knows the
    /// newer one knows both.
    pub(crate) fn keep_replaced(
        &self,
        batch: &mut Batch,
        replaced: Vec<(u64, StoredPass)>,
    ) -> Result<(), WalletError> {
        let kept = self.vault.list(KEPT_PASSES)?;
        let mut room = MAX_KEPT.saturating_sub(kept.len());
        for (at, (day, stored)) in replaced.into_iter().rev().enumerate() {
            let is_kept = kept.contains(&day_name(day));
            // One that asks for the holder proves nothing while nobody looks.
            if at % 2 == 0 && room > 0 && !is_kept && !stored.holder_present {
                batch.put(KEPT_PASSES, day_name(day), &stored)?;
                room -= 1;
            } else {
                batch.put(LOOSE_KEYS, stored.handle, &())?;
            }
        }
        Ok(())
    }

    /// Lets go of the kept keys of past days, or of all. The keys themselves are deleted with the other
    /// loose ones.
    pub(crate) fn drop_kept(
        &self,
        batch: &mut Batch,
        until: Option<u64>,
    ) -> Result<(), WalletError> {
        for day in self.vault.list(KEPT_PASSES)? {
            if until.is_some_and(|today| day >= day_name(today)) {
                continue;
            }
            if let Some(stored) = load::<StoredPass>(&self.vault, KEPT_PASSES, &day)? {
                batch.put(LOOSE_KEYS, stored.handle, &())?;
            }
            batch.delete(KEPT_PASSES, day);
        }
        Ok(())
    }
}
