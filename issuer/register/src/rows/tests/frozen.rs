//! The bytes of rows as they lie on disks: they stay as they are. `frozen.txt` has a line for each example,
//! with the name of its kind, its key and its row.

use super::*;
use crate::StoreError;
use data_encoding::HEXLOWER;

const FROZEN: &str = include_str!("frozen.txt");

/// The lines that are left, and the kinds of those that were read.
struct Lines {
    left: std::str::Lines<'static>,
    kinds: BTreeSet<&'static str>,
}

impl Shown for Lines {
    fn row<R: Rows>(&mut self, key: &R::Key<'_>, row: &R::Row) {
        let written = [encode_key::<R>(key), encode(row)].map(|bytes| HEXLOWER.encode(&bytes));
        let line = format!("{} {} {}", R::NAME, dashed(&written[0]), dashed(&written[1]));
        let frozen = self.left.next().unwrap_or_default();
        assert_eq!(frozen, line, "what is written is what was frozen");
        let mut fields = frozen.split(' ').skip(1).map(undashed);
        let (key_bytes, row_bytes) = (fields.next().unwrap(), fields.next().unwrap());
        let read = (decode_key::<R>(&key_bytes).unwrap(), decode::<R::Row>(&row_bytes).unwrap());
        assert_eq!(Columns::of::<R>(&read.0, &read.1), Columns::of::<R>(key, row), "{frozen}");
        self.kinds.insert(R::NAME);
    }
}

/// An empty key or row.
const EMPTY: &str = "-";

fn dashed(hex: &str) -> &str {
    if hex.is_empty() { EMPTY } else { hex }
}

fn undashed(field: &str) -> Vec<u8> {
    if field == EMPTY { Vec::new() } else { HEXLOWER.decode(field.as_bytes()).unwrap() }
}

#[test]
fn rows_of_every_kind_are_written_and_read_as_they_were_frozen() {
    let mut lines = Lines { left: FROZEN.lines(), kinds: BTreeSet::new() };
    show_all(&mut lines);
    assert_eq!(lines.left.next(), None, "each line has its example");
    assert_eq!(lines.kinds, kinds(), "each kind has a line");
}

/// Changes each byte of what was frozen, and cuts it everywhere.
struct Damaged;

impl Shown for Damaged {
    fn row<R: Rows>(&mut self, key: &R::Key<'_>, row: &R::Row) {
        for wrong in damaged(&encode_key::<R>(key)) {
            match decode_key::<R>(&wrong) {
                Ok(read) => {
                    assert_eq!(encode_key::<R>(&read), wrong, "{} is read as it is", R::NAME)
                }
                Err(error) => assert_eq!(error.code(), "STORE_DAMAGED"),
            }
        }
        for wrong in damaged(&encode(row)) {
            match decode::<R::Row>(&wrong) {
                // What is read can be written, and is read again.
                Ok(read) => {
                    assert!(decode::<R::Row>(&encode(&read)).is_ok(), "{} {wrong:?}", R::NAME)
                }
                Err(error) => assert_eq!(error, StoreError::Damaged(R::Row::WHAT)),
            }
        }
    }
}

fn damaged(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![[bytes, &[0]].concat(), vec![0xff; bytes.len() + 1]];
    for place in 0..bytes.len() {
        all.push(bytes[..place].to_vec());
        all.push(bytes[place..].to_vec());
        for value in [0, 1, 0x7f, 0x80, 0xff, bytes[place] ^ 1, bytes[place].wrapping_add(1)] {
            let mut one = bytes.to_vec();
            one[place] = value;
            all.push(one);
        }
    }
    all
}

#[test]
fn bytes_that_were_changed_are_damage_or_another_row_and_nothing_panics() {
    show_all(&mut Damaged);
}
