use proptest::prelude::*;

use super::*;

fn entry(number: u64) -> Entry {
    let key = ReplayKey { device: [number as u8; 16], iat: 1_000 + number };
    Entry { key, operator: number.to_be_bytes() }
}

/// A file of batches with these lengths.
fn file(sequence: u64, batches: &[usize]) -> (Vec<u8>, Vec<Entry>) {
    let (mut bytes, mut entries) = (encode_header(sequence), Vec::new());
    for length in batches {
        let first = entries.len() as u64;
        let batch: Vec<_> = (first..first + *length as u64).map(entry).collect();
        bytes.extend(encode_batch(sequence, first, &batch));
        entries.extend(batch);
    }
    (bytes, entries)
}

#[test]
fn a_whole_file_is_read() {
    let (bytes, entries) = file(3, &[1, 4, 2]);
    assert_eq!(decode(3, &bytes), Ok(Decoded { entries, torn: 0 }));
    assert_eq!(decode(4, &bytes), Err(LogFault::Foreign));
    assert_eq!(decode(3, &[b"something else".as_slice(); 4].concat()), Err(LogFault::Foreign));
}

#[test]
fn a_cut_file_loses_what_was_cut() {
    let (bytes, entries) = file(1, &[2, 3]);
    for length in 0..bytes.len() {
        let decoded = decode(1, &bytes[..length]).unwrap();
        let whole = length.saturating_sub(HEADER) / RECORD;
        assert_eq!(decoded.entries, entries[..whole]);
        let kept = if length < HEADER { 0 } else { HEADER + whole * RECORD };
        assert_eq!(decoded.torn, length - kept);
    }
}

#[test]
fn damage_before_the_last_batch_is_no_torn_end() {
    let (bytes, entries) = file(1, &[2, 3]);
    for index in 0..5 {
        let mut damaged = bytes.clone();
        damaged[HEADER + index * RECORD + 7] ^= 0x40;
        let decoded = decode(1, &damaged);
        if index < 2 {
            assert_eq!(decoded, Err(LogFault::Damaged));
        } else {
            // Blocks of one batch may reach the disk in any order.
            let decoded = decoded.unwrap();
            assert_eq!(decoded.torn, RECORD);
            assert!(entries[..2].iter().all(|entry| decoded.entries.contains(entry)));
            assert_eq!(decoded.entries.len(), 4);
        }
    }
}

#[test]
fn a_long_bad_end_is_damage() {
    let (mut bytes, _) = file(1, &[2]);
    bytes.extend(vec![0; MAX_BATCH * RECORD]);
    assert_eq!(decode(1, &bytes).unwrap().entries.len(), 2);
    bytes.extend(vec![0; RECORD]);
    assert_eq!(decode(1, &bytes), Err(LogFault::Damaged));
}

proptest! {
    #[test]
    fn a_flipped_bit_is_never_read_as_a_use(
        batches in proptest::collection::vec(1usize..5, 1..6),
        at: proptest::sample::Index,
        bit in 0u8..8,
    ) {
        let (mut bytes, entries) = file(9, &batches);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(decoded) = decode(9, &bytes) {
            prop_assert!(decoded.entries.iter().all(|entry| entries.contains(entry)));
            let durable = entries.len() - batches[batches.len() - 1];
            prop_assert!(decoded.entries.starts_with(&entries[..durable]));
        }
    }
}

#[test]
fn any_bytes_are_answered() {
    bolero::check!().for_each(|bytes: &[u8]| {
        // As a whole file, and behind a header that fits.
        for file in [bytes.to_vec(), [&encode_header(1), bytes].concat()] {
            if let Ok(decoded) = decode(1, &file) {
                let whole = decoded.entries.len() * RECORD + decoded.torn;
                assert!([whole, whole + HEADER].contains(&file.len()));
            }
        }
    });
}
