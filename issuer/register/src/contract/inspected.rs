//! What the contract looks at that no service asks for.

use crate::register::Register;
use crate::rows::{All, FirstUse, Statuses, UsedCodes, UsedKey};
use crate::{Store, StoreError, UsedCode};
use szid_protocol::pass::STATUS_LIST_ENTRIES;

/// A store that shows more of itself than the service asks for.
pub trait Inspected: Store {
    /// Used codes of a second and of later ones.
    ///
    /// # Errors
    /// As every read.
    fn used_codes(&self, since: u64) -> Result<Vec<UsedCode>, StoreError>;

    /// The entries of one status list that are not valid, by their places.
    ///
    /// # Errors
    /// As every read.
    fn status_list(&self, exp: u64, list: u32) -> Result<Vec<(u32, u8)>, StoreError>;
}

impl Inspected for Register {
    fn used_codes(&self, since: u64) -> Result<Vec<UsedCode>, StoreError> {
        let rows = self.hold()?.scan::<UsedCodes>(&All);
        let used = rows.map(|row| {
            let (UsedKey { iat, device }, FirstUse { operator, .. }) = row?;
            Ok(UsedCode { device, iat, operator })
        });
        let since =
            |used: &Result<UsedCode, _>| used.as_ref().map_or(true, |used| used.iat >= since);
        used.filter(since).collect()
    }

    fn status_list(&self, exp: u64, list: u32) -> Result<Vec<(u32, u8)>, StoreError> {
        let view = self.hold()?;
        let first = list * STATUS_LIST_ENTRIES;
        let mut entries = Vec::new();
        for row in view.scan::<Statuses>(&exp) {
            let (pass, status) = row?;
            if pass.index / STATUS_LIST_ENTRIES == list {
                entries.push((pass.index - first, status.0));
            }
        }
        Ok(entries)
    }
}
