//! Making and letting go of device keys, so that none is left behind that nobody knows of.
//!
//! A handle is written down as loose before its key is made. It stops being loose in the batch that stores
//! the key's pass, and becomes loose again in the batch that lets the pass go. Loose keys are deleted at the
//! start of every flow.

use data_encoding::HEXLOWER;
use szid_protocol::key::PublicKey;

use crate::error::WalletError;
use crate::records::{Batch, LOOSE_KEYS};
use crate::wallet::Wallet;

/// A device key made for a pass that has not come yet.
pub(crate) struct FreshKey {
    pub(crate) handle: String,
    pub(crate) public: PublicKey,
}

impl Wallet {
    /// One key for each day; says after each how many there are. On an error the keys that were made are
    /// deleted again.
    pub(crate) fn make_keys(
        &self,
        days: &[u64],
        made: impl Fn(usize),
    ) -> Result<Vec<FreshKey>, WalletError> {
        let mut handles = Vec::with_capacity(days.len());
        let mut batch = Batch::default();
        for day in days {
            let handle = format!("pass-{day}-{}", HEXLOWER.encode(&self.random::<8>()?));
            batch.put(LOOSE_KEYS, handle.clone(), &())?;
            handles.push(handle);
        }
        batch.write(&self.vault)?;
        let make = |(at, handle): (usize, &String)| {
            let public = self.keys.create(handle, self.options.key_policy)?;
            made(at + 1);
            Ok(FreshKey { handle: handle.clone(), public })
        };
        handles
            .iter()
            .enumerate()
            .map(make)
            .collect::<Result<_, _>>()
            .inspect_err(|_| self.discard(&handles))
    }

    /// Deletes keys whose flow failed. Errors are left to the start of the next flow, which tries again: the
    /// flow's own error is the one to tell. Works on a vault that was wiped meanwhile, too.
    pub(crate) fn discard(&self, handles: &[String]) {
        let mut batch = Batch::default();
        for handle in handles {
            if self.keys.delete(handle).is_ok() {
                batch.delete(LOOSE_KEYS, handle.clone());
            }
        }
        let _ = batch.write(&self.vault);
    }

    /// Deletes all loose keys.
    pub(crate) fn delete_loose_keys(&self) -> Result<(), WalletError> {
        let mut batch = Batch::default();
        for handle in self.vault.list(LOOSE_KEYS)? {
            self.keys.delete(&handle)?;
            batch.delete(LOOSE_KEYS, handle);
        }
        batch.write(&self.vault)
    }
}
