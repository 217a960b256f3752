//! What the last putting in order found. It lies in the register, in the same transaction: a terminal may be
//! lost.

use super::transaction::Transaction;
use crate::backend::View;
use crate::rows::{Json, LastRestored};
use crate::{Restored, StoreError};

pub(super) fn keep(transaction: &mut Transaction, restored: &Restored) -> Result<(), StoreError> {
    let row = serde_json::to_vec(restored).map_err(|_| DAMAGED)?;
    transaction.put::<LastRestored>(&(), &Json(row));
    Ok(())
}

pub(super) fn read(tables: &dyn View) -> Result<Option<Restored>, StoreError> {
    let row = tables.find::<LastRestored>(&())?;
    row.map(|Json(row)| serde_json::from_slice(&row).map_err(|_| DAMAGED)).transpose()
}

const DAMAGED: StoreError = StoreError::Damaged("what was found when it was put in order");
