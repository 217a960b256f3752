use std::path::PathBuf;

use data_encoding::HEXLOWER;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::super::records::RowWriter;
use super::super::tables::{TABLES, Table};
use super::*;

const REGISTER: RegisterId = *b"a register's id.";

fn group(table: Table, key: &[u8], value: Option<&[u8]>) -> Group {
    let mut group = Group::default();
    group.table_mut(table).insert(key.to_vec(), value.map(<[u8]>::to_vec));
    group
}

/// Some 7 KB, of which no two are the same.
fn numbered(number: u64) -> Group {
    group(Table::Audit, &number.to_be_bytes(), Some(&[number.to_be_bytes(); 900].concat()))
}

/// As if the tables had everything at once.
fn always_on_disk() -> Pending {
    let pending = Pending::default();
    pending.start_after(u64::MAX);
    pending
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        Log::create(place.0.path()).unwrap();
        place
    }

    fn with(groups: u64) -> Self {
        let place = Self::new();
        let (mut log, _) = place.open(0).unwrap();
        let pending = always_on_disk();
        (1..=groups).for_each(|number| log.append(&numbered(number), &pending).unwrap());
        place
    }

    fn open(&self, applied: u64) -> Result<(Log, Vec<Logged>), StoreError> {
        Log::open(self.0.path(), REGISTER, applied)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn edit(&self, name: &str, edit: impl FnOnce(&mut [u8])) {
        let mut bytes = std::fs::read(self.file(name)).unwrap();
        edit(&mut bytes);
        std::fs::write(self.file(name), bytes).unwrap();
    }
}

fn numbers(found: &[Logged]) -> Vec<u64> {
    found.iter().map(|(number, _)| *number).collect()
}

#[test]
fn a_record_lies_on_the_disk_as_ever() {
    let mut changes = group(Table::UsedCodes, b"key", Some(b"value"));
    changes.table_mut(Table::Stations).insert(b"gone".to_vec(), None);
    let record = record::encode(&REGISTER, 7, &changes);
    let length = 44 + 2 + 4 + 3 + 4 + 5 + 2 + 4 + 4;
    assert_eq!(
        HEXLOWER.encode(&record[..length]),
        "737a69646c6f6701\
         6120726567697374657227732069642e\
         00000000000000070000001c7071e1b8ce919836\
         0e01000000036b65790000000576616c7565\
         180000000004676f6e65"
    );
    assert_eq!(record.len(), 4096);
    assert!(record[length..].iter().all(|byte| *byte == 0));
}

#[test]
fn what_the_tables_do_not_have_comes_back_in_order() {
    let place = Place::with(20);
    let (log, found) = place.open(15).unwrap();
    assert_eq!(numbers(&found), [16, 17, 18, 19, 20]);
    assert_eq!(found[0].1, numbered(16));
    assert_eq!(log.next(), 21);
    assert!(place.open(20).unwrap().1.is_empty());
}

#[test]
fn the_files_take_turns_and_stay_as_long_as_they_are() {
    // Three files' worth.
    let place = Place::with(3 * FILE_BYTES / 8192);
    let (_, found) = place.open(3 * 1024 - 1030).unwrap();
    assert_eq!(found.len(), 1030);
    for name in NAMES {
        assert_eq!(std::fs::metadata(place.file(name)).unwrap().len(), FILE_BYTES);
    }
}

#[test]
fn a_file_is_not_written_anew_before_the_tables_have_it() {
    let place = Place::new();
    let (mut log, _) = place.open(0).unwrap();
    let pending = Pending::default();
    let each = FILE_BYTES / 8192;
    for number in 1..=2 * each {
        log.append(&numbered(number), &pending).unwrap();
        pending.push(numbered(number));
    }
    pending.fail(StoreError::Disk("the tables are full".into()));
    let refused = log.append(&numbered(2 * each + 1), &pending);
    assert_eq!(refused, Err(StoreError::Disk("the tables are full".into())));
    assert_eq!(place.open(0).unwrap().1.len() as u64, 2 * each);
}

#[test]
fn a_group_larger_than_a_file_is_kept_as_well() {
    let place = Place::with(3);
    let (mut log, _) = place.open(3).unwrap();
    let large = group(Table::Meta, b"large", Some(&vec![1; FILE_BYTES as usize + 1]));
    let pending = always_on_disk();
    log.append(&numbered(4), &pending).unwrap();
    log.append(&large, &pending).unwrap();
    log.append(&numbered(6), &pending).unwrap();
    // The fourth is overwritten: the tables had it.
    let (_, found) = place.open(4).unwrap();
    assert_eq!(numbers(&found), [5, 6]);
    assert_eq!(found[0].1, large);
}

#[test]
fn a_last_record_that_was_not_written_to_its_end_was_never_there() {
    let place = Place::with(5);
    // Its first block came to the disk, its second did not.
    place.edit(NAMES[0], |bytes| bytes[9 * BLOCK..10 * BLOCK].fill(0));
    let (mut log, found) = place.open(0).unwrap();
    assert_eq!(numbers(&found), [1, 2, 3, 4]);
    assert_eq!(log.next(), 5);
    log.append(&numbered(50), &always_on_disk()).unwrap();
    assert_eq!(numbers(&place.open(4).unwrap().1), [5]);
}

#[test]
fn a_damaged_record_before_others_is_told() {
    for block in [0, 3] {
        let place = Place::with(5);
        place.edit(NAMES[0], |bytes| bytes[block * BLOCK + 100] ^= 1);
        assert_eq!(place.open(0).err(), Some(StoreError::Damaged("a record of the log")));
        // What the tables have is not asked for.
        assert_eq!(numbers(&place.open(2).unwrap().1), [3, 4, 5]);
    }
}

#[test]
fn a_missing_or_short_file_and_the_log_of_another_register_are_told() {
    let place = Place::with(5);
    let foreign = Log::open(place.0.path(), *b"another register", 0);
    assert_eq!(foreign.err(), Some(StoreError::Damaged("the log is another register's")));
    let file = OpenOptions::new().write(true).open(place.file(NAMES[1])).unwrap();
    file.set_len(FILE_BYTES - 1).unwrap();
    assert_eq!(place.open(0).err(), Some(StoreError::Damaged("a file of the log is cut short")));
    std::fs::remove_file(place.file(NAMES[1])).unwrap();
    assert_eq!(place.open(0).err(), Some(StoreError::Damaged("a file of the log is missing")));
}

fn any_group() -> impl Strategy<Value = Group> {
    let rows = btree_map(vec(any::<u8>(), 0..40), option::of(vec(any::<u8>(), 0..200)), 0..4);
    vec(rows, TABLES).prop_map(|tables| {
        let mut group = Group::default();
        for (rows, into) in tables.into_iter().zip(group.tables_mut()) {
            *into = rows;
        }
        group
    })
}

proptest! {
    #[test]
    fn any_group_comes_back(group in any_group(), number in any::<u64>()) {
        let record = record::encode(&REGISTER, number, &group);
        let Found::Record { number: found, body, blocks } = record::find(&REGISTER, &record) else {
            panic!("not found");
        };
        prop_assert_eq!((found, blocks * BLOCK), (number, record.len()));
        prop_assert_eq!(Group::read(RowReader::over(body)), Some(group));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        if let Some(group) = Group::read(RowReader::over(&bytes)) {
            let mut row = RowWriter::over(Vec::new());
            group.write(&mut row);
            prop_assert_eq!(Group::read(RowReader::over(&row.finish())), Some(group));
        }
    }

    #[test]
    fn a_record_with_any_bit_turned_is_none(group in any_group(), at in any::<prop::sample::Index>()) {
        let mut record = record::encode(&REGISTER, 1, &group);
        let length = 44 + u32::from_be_bytes(record[32..36].try_into().unwrap()) as usize;
        record[at.index(length)] ^= 1;
        prop_assert!(matches!(record::find(&REGISTER, &record), Found::Nothing));
    }
}
