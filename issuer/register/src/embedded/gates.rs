//! Devices that decide without connection.

use super::records::{decode, decode_found, encode};
use super::tables::{Table, Tables};
use super::transaction::Transaction;
use crate::{Gate, StoreError};

pub(super) fn key(venue: &str, device: &str) -> Vec<u8> {
    [venue, device].join("\0").into_bytes()
}

pub(super) fn put(
    transaction: &mut Transaction,
    venue: &str,
    device: &str,
    public: [u8; 33],
    at: u64,
) -> Result<(), StoreError> {
    let row = key(venue, device);
    let known: Option<Gate> = decode_found(transaction.find(Table::Gates, &row)?)?;
    let mut gate = known.unwrap_or_else(|| Gate::new(public));
    gate.replace(public, at);
    transaction.put(Table::Gates, &row, encode(&gate));
    Ok(())
}

/// The other device for which a key is registered now: its venue and its label.
pub(super) fn other_with_key(
    transaction: &Transaction,
    venue: &str,
    device: &str,
    public: &[u8; 33],
) -> Result<Option<(String, String)>, StoreError> {
    let own = key(venue, device);
    for (row, gate) in transaction.scan(Table::Gates, &[])? {
        if row != own && decode::<Gate>(&gate)?.key == *public {
            let names = String::from_utf8(row).ok();
            let names = names.as_deref().and_then(|names| names.split_once('\0'));
            let (venue, device) = names.ok_or(StoreError::Damaged("a gate"))?;
            return Ok(Some((venue.to_owned(), device.to_owned())));
        }
    }
    Ok(None)
}

/// Whether a device has sent two receipts under one number since then.
pub(super) fn has_conflict(tables: &Tables, since: u64) -> Result<bool, StoreError> {
    for row in tables.scan(Table::Gates, &[]) {
        let gate: Gate = decode(&row?.1)?;
        if gate.conflict_at > since {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_comes_back_as_it_was_with_all_its_keys() {
        let mut gate = Gate::new([1; 33]);
        for number in 1..=3 {
            gate.take(&[number; 33], 7);
            assert_eq!(decode::<Gate>(&encode(&gate)), Ok(gate.clone()));
            gate.replace([number + 1; 33], 9);
            assert_eq!(decode::<Gate>(&encode(&gate)), Ok(gate.clone()));
        }
        assert_eq!((gate.former.len(), gate.count), (3, 7));
    }

    #[test]
    fn a_gate_from_before_there_were_former_keys_is_read_and_its_row_goes_on() {
        // Version 4: the key, its last number, the first one with a digest, no conflict.
        let numbers = [7u64, 3, 0].map(u64::to_be_bytes).concat();
        let row = [&[4][..], &[1; 33], &numbers].concat();
        let gate: Gate = decode(&row).unwrap();
        assert_eq!(gate, Gate { last: 7, digests_from: 3, count: 7, ..Gate::new([1; 33]) });
        assert_eq!(encode(&gate)[1..], row[1..]);
    }
}
