//! What the register keeps of time: when the clock was last right, and up to when something was forgotten.

use super::transaction::Transaction;
use crate::StoreError;
use crate::audit::{AuditEvent, EMPTY};
use crate::backend::View;
use crate::rows::{
    Audit, CheckedTime, DaysForgotten, NewestEntry, SettledTime, UsedCodesForgotten,
};

/// Up to when rows were forgotten. What is not found and lies at or before it may have been there: nothing of
/// it is new.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Forgotten {
    /// The newest second of a used code.
    pub(super) used_codes: u64,
    /// The newest day of a pass.
    pub(super) days: u64,
}

impl Forgotten {
    pub(super) fn read(tables: &dyn View) -> Result<Self, StoreError> {
        Ok(Self {
            used_codes: tables.find::<UsedCodesForgotten>(&())?.unwrap_or(0),
            days: tables.find::<DaysForgotten>(&())?.unwrap_or(0),
        })
    }
}

pub(super) fn checked(tables: &dyn View) -> Result<Option<u64>, StoreError> {
    if let Some(time) = tables.find::<CheckedTime>(&())? {
        return Ok(Some(time));
    }
    let newest = tables.find::<NewestEntry>(&())?.unwrap_or(EMPTY).number;
    let Some(row) = tables.find::<Audit>(&newest)? else { return Ok(None) };
    Ok(Some(row.entry()?.at))
}

pub(super) fn settled(tables: &dyn View) -> Result<Option<u64>, StoreError> {
    tables.find::<SettledTime>(&())
}

pub(super) fn confirm(
    transaction: &mut Transaction,
    actor: String,
    step: i64,
    at: u64,
) -> Result<(), StoreError> {
    transaction.put::<CheckedTime>(&(), &at);
    transaction.put::<SettledTime>(&(), &at);
    transaction.audit(AuditEvent::ClockConfirmed { actor, step }, at).map(drop)
}
