//! How many passes of a day a person's devices may be given: each device has a quota of its own, and all have
//! one together.

use std::collections::BTreeMap;

use super::families;
use super::transaction::Transaction;
use crate::rows::Holdings;
use crate::{
    DeviceId, EventKind, PASSES_OF_ALL_PER_DAY, PASSES_PER_DAY, PersonId, Session, StoreError,
};

/// What was given out of the days' quotas.
#[derive(Default)]
pub(super) struct Given {
    /// To the device that asks, by day.
    to_device: BTreeMap<u64, usize>,
    /// To all, without devices that ended before two registrars confirmed another one.
    to_all: BTreeMap<u64, usize>,
}

impl Given {
    pub(super) fn count(
        transaction: &Transaction,
        person: PersonId,
        device: Option<DeviceId>,
    ) -> Result<Self, StoreError> {
        let forgiven = families::forgiven(transaction, person)?;
        let mut given = Self::default();
        for ((_, pass), holding) in transaction.scan::<Holdings>(&person)? {
            let of = holding.map(|holding| holding.device);
            if of == device {
                *given.to_device.entry(pass.exp).or_default() += 1;
            }
            if !of.is_some_and(|of| forgiven.contains(&of)) {
                *given.to_all.entry(pass.exp).or_default() += 1;
            }
        }
        Ok(given)
    }

    /// One more of this day. [`StoreError::Quota`] where there is none left.
    pub(super) fn take(&mut self, day: u64) -> Result<(), StoreError> {
        let to_device = self.to_device.entry(day).or_default();
        let to_all = self.to_all.entry(day).or_default();
        if *to_device >= PASSES_PER_DAY || *to_all >= PASSES_OF_ALL_PER_DAY {
            return Err(StoreError::Quota);
        }
        (*to_device, *to_all) = (*to_device + 1, *to_all + 1);
        Ok(())
    }
}

/// Tells a person of a device that asked for more than its quota: once a day, however often it asks.
pub(super) fn tell(
    transaction: &mut Transaction,
    session: Session,
    at: u64,
) -> Result<(), StoreError> {
    families::tell_once_a_day(transaction, session, EventKind::PassesRefused, "refused_passes", at)
}
