//! Keys of the tables of passes.

use crate::StoreError;

/// The key of a pass: its day and its index.
pub(super) fn pass_key(exp: u64, index: u32) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&exp.to_be_bytes());
    key[8..].copy_from_slice(&index.to_be_bytes());
    key
}

pub(super) fn read_pass_key(key: &[u8]) -> Result<(u64, u32), StoreError> {
    let split =
        key.split_first_chunk::<8>().and_then(|(exp, index)| Some((*exp, index.try_into().ok()?)));
    let (exp, index) = split.ok_or(StoreError::Damaged("a pass key"))?;
    Ok((u64::from_be_bytes(exp), u32::from_be_bytes(index)))
}
