//! Devices that were stopped since they may have been copied, for the witness: a status list shows their
//! passes as it shows those of a freeze.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;

use super::families;
use super::transaction::Transaction;
use crate::rows::{CopiedDevices, Witnessed};
use crate::{DeviceId, StoreError};

/// What the mark of a witness says since these are kept. A copy with an older mark may lack some.
const KEPT: &[u8] = &[1];

pub(super) fn note(transaction: &mut Transaction, device: DeviceId) {
    transaction.put::<CopiedDevices>(&device, &());
}

/// Goes with the device's row.
pub(super) fn forget(transaction: &mut Transaction, device: DeviceId) {
    transaction.remove::<CopiedDevices>(&device);
}

/// As the witness keeps them.
pub(super) fn names(devices: &[DeviceId]) -> BTreeSet<String> {
    devices.iter().map(|device| HEXLOWER.encode(&device.0)).collect()
}

/// Whether the mark of the witness, if any, is of a register that keeps these.
pub(super) fn are_kept(mark: Option<&Vec<u8>>) -> bool {
    mark.is_some_and(|mark| mark == KEPT)
}

/// From now on the witness is told of all.
pub(super) fn keep_from_now_on(transaction: &mut Transaction) {
    transaction.put::<Witnessed>(&(), &KEPT.to_vec());
}

/// Stops again those that the witness names and the register has as good.
pub(super) fn stop_again(
    transaction: &mut Transaction,
    names: &BTreeSet<String>,
    at: u64,
) -> Result<(), StoreError> {
    for name in names {
        let id = HEXLOWER.decode(name.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        let Some(id) = id.map(DeviceId) else { continue };
        if let Some((key, family)) = families::named(transaction, id)?
            && family.ended.is_none()
        {
            families::stop_copied(transaction, &key, family, at)?;
        }
    }
    Ok(())
}
