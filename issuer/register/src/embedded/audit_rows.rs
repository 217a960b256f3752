//! Rows of the audit chain: its heads, and its entries.

use super::tables::Row;
use crate::StoreError;
use crate::audit::{AuditEntry, AuditHead, EMPTY};

pub(super) fn encode_head(head: &AuditHead) -> Vec<u8> {
    [head.number.to_be_bytes().as_slice(), &head.digest].concat()
}

pub(super) fn read_head(stored: Option<Vec<u8>>) -> Result<AuditHead, StoreError> {
    let Some(stored) = stored else { return Ok(EMPTY) };
    let parts = stored
        .split_first_chunk::<8>()
        .and_then(|(number, digest)| Some((number, digest.try_into().ok()?)));
    let (number, digest) = parts.ok_or(StoreError::Damaged("an audit head"))?;
    Ok(AuditHead { number: u64::from_be_bytes(*number), digest })
}

/// An entry's number, the digest of the chain up to it, and what it says.
pub(super) fn audit_row((key, mut value): Row) -> Result<(u64, [u8; 32], Vec<u8>), StoreError> {
    let damaged = StoreError::Damaged("an audit entry");
    let number = key.try_into().map(u64::from_be_bytes).map_err(|_| damaged.clone())?;
    let digest = *value.first_chunk::<32>().ok_or(damaged)?;
    value.drain(..32);
    Ok((number, digest, value))
}

/// What an entry says.
pub(super) fn audit_entry(row: Row) -> Result<AuditEntry, StoreError> {
    let (_, _, json) = audit_row(row)?;
    serde_json::from_slice(&json).map_err(|_| StoreError::Damaged("an audit entry"))
}
