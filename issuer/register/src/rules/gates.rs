//! Devices that decide without connection.

use super::transaction::Transaction;
use crate::backend::View;
use crate::rows::{All, Gates, OfVenue};
use crate::{Gate, StoreError};

pub(super) fn put(
    transaction: &mut Transaction,
    venue: &str,
    device: &str,
    public: [u8; 33],
    at: u64,
) -> Result<(), StoreError> {
    let key = OfVenue::new(venue, device);
    let mut gate = transaction.find::<Gates>(&key)?.unwrap_or_else(|| Gate::new(public));
    gate.replace(public, at);
    transaction.put::<Gates>(&key, &gate);
    Ok(())
}

/// The other device for which a key is registered now: its venue and its label.
pub(super) fn other_with_key(
    transaction: &Transaction,
    venue: &str,
    device: &str,
    public: &[u8; 33],
) -> Result<Option<(String, String)>, StoreError> {
    let own = OfVenue::new(venue, device);
    for (key, gate) in transaction.scan::<Gates>(&All)? {
        if key != own && gate.key == *public {
            return Ok(Some((key.venue.into_owned(), key.id.into_owned())));
        }
    }
    Ok(None)
}

/// Whether a device has sent two receipts under one number since then.
pub(super) fn has_conflict(tables: &dyn View, since: u64) -> Result<bool, StoreError> {
    for row in tables.scan::<Gates>(&All) {
        let (_, gate) = row?;
        if gate.conflict_at > since {
            return Ok(true);
        }
    }
    Ok(false)
}
