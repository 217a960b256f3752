//! Damaged, truncated, foreign and swapped files: an error of its own or a repair, never a wrong or missing
//! value.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{SystemEntropy, TestSealing, copy_dir, files_below, open, try_open, value_of};
use szid_vault::{OpenReport, Repair, SealingError, SealingKey, Vault, VaultError};
use zeroize::Zeroizing;

const RECORDS: u64 = 40;

/// A vault with some records, closed.
fn sample() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    for n in 0..RECORDS {
        vault.put("c", &n.to_string(), &value_of(n, 400)).unwrap();
    }
    drop(vault);
    dir
}

fn copy(of: &tempfile::TempDir) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy_dir(of.path(), dir.path());
    dir
}

fn store(dir: &Path) -> PathBuf {
    let mut stores: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("store-"))
        .collect();
    assert_eq!(stores.len(), 1);
    stores.remove(0)
}

fn alter(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(file).unwrap();
    change(&mut bytes);
    std::fs::write(file, bytes).unwrap();
}

fn code(result: Result<(Vault, OpenReport), VaultError>) -> &'static str {
    result.err().unwrap().code()
}

/// Opens and asserts that every record is there and right.
fn assert_all_there(dir: &Path, what: &str) -> OpenReport {
    let (vault, report) = try_open(dir).unwrap_or_else(|error| panic!("{what}: {error}"));
    for n in 0..RECORDS {
        let value = vault.get("c", &n.to_string()).unwrap();
        assert!(value.is_some_and(|value| *value == value_of(n, 400)), "{what}: record {n}");
    }
    assert_eq!(vault.list("c").unwrap().len() as u64, RECORDS);
    let check = vault.check().unwrap();
    assert!(!check.needs_repair && check.damaged.is_empty(), "{what}");
    assert!(report.lost.is_empty());
    report
}

/// Offsets spread over a file, the first and last bytes among them.
fn spread(len: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |n| (n * (len - 1)) / (count - 1))
}

#[test]
fn every_flipped_byte_of_the_key_file_is_noticed() {
    let dir = sample();
    let key = dir.path().join("key");
    let len = std::fs::read(&key).unwrap().len();
    for at in 0..len {
        alter(&key, |bytes| bytes[at] ^= 0x10);
        assert_eq!(code(try_open(dir.path())), "VAULT_DAMAGED", "byte {at}");
        alter(&key, |bytes| bytes[at] ^= 0x10);
    }
    for cut in [0, 1, 20, len - 1] {
        let dir = copy(&dir);
        alter(&dir.path().join("key"), |bytes| bytes.truncate(cut));
        assert_eq!(code(try_open(dir.path())), "VAULT_DAMAGED", "cut at {cut}");
    }
    assert_all_there(dir.path(), "restored");
}

#[test]
fn a_lost_key_file_is_never_replaced() {
    let dir = sample();
    std::fs::remove_file(dir.path().join("key")).unwrap();
    assert_eq!(code(try_open(dir.path())), "VAULT_DAMAGED");
    assert!(!dir.path().join("key").exists());
}

#[test]
fn a_wrong_key_is_told_from_damage() {
    /// A key store that does not authenticate and so returns other bytes.
    struct Careless;
    impl SealingKey for Careless {
        fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, SealingError> {
            Ok(plain.to_vec())
        }
        fn unwrap(&self, _: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingError> {
            Ok(Zeroizing::new(vec![3; 32]))
        }
        fn destroy(&self) -> Result<(), SealingError> {
            Ok(())
        }
    }
    let dir = sample();
    let with = |sealing: Arc<dyn SealingKey>| {
        code(Vault::open(dir.path(), sealing, Arc::new(SystemEntropy)))
    };
    assert_eq!(with(TestSealing::new(2)), "VAULT_WRONG_KEY");
    assert_eq!(with(Arc::new(Careless)), "VAULT_WRONG_KEY");
    let locked = TestSealing::new(1);
    locked.unavailable.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(with(locked), "VAULT_PORT_UNAVAILABLE");
    assert_all_there(dir.path(), "right key");
    // A new vault is not entrusted to one that cannot open what it sealed.
    let fresh = tempfile::tempdir().unwrap();
    let made = Vault::open(fresh.path(), Arc::new(Careless), Arc::new(SystemEntropy));
    assert_eq!(code(made), "VAULT_WRONG_KEY");
    assert!(!fresh.path().join("key").exists());
}

#[test]
fn foreign_files_are_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let letter = dir.path().join("letter.txt");
    std::fs::write(&letter, "dear reader").unwrap();
    assert_eq!(code(try_open(dir.path())), "VAULT_FOREIGN");
    assert_eq!(files_below(dir.path()), std::slice::from_ref(&letter));
    assert_eq!(code(try_open(&letter)), "VAULT_FOREIGN");
    assert_eq!(
        Vault::wipe_closed(dir.path(), &*TestSealing::new(1)).unwrap_err().code(),
        "VAULT_FOREIGN"
    );

    let dir = tempfile::tempdir().unwrap();
    drop(sled::open(dir.path()).unwrap().insert("a", "b").unwrap());
    assert_eq!(code(try_open(dir.path())), "VAULT_FOREIGN");

    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("key"),
        "-----BEGIN OPENSSH PRIVATE KEY-----\nand so on for a while",
    )
    .unwrap();
    assert_eq!(code(try_open(dir.path())), "VAULT_FOREIGN");
}

#[test]
fn a_newer_format_asks_for_an_update() {
    let dir = sample();
    // As a later version would write it: another version, whatever content, and the checksum over all of it.
    alter(&dir.path().join("key"), |bytes| {
        use sha2::{Digest, Sha256};
        bytes[9] = 7;
        let len = bytes.len() - 32;
        bytes.truncate(len);
        bytes.extend(b"fields of a later format");
        let checksum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&checksum);
    });
    assert!(matches!(
        try_open(dir.path()),
        Err(VaultError::NewerVersion { found: 7, supported: 1 })
    ));
}

#[test]
fn a_flipped_bit_in_the_engine_s_file_costs_nothing() {
    let original = sample();
    let db = Path::new("sled/db");
    let len = std::fs::read(store(original.path()).join(db)).unwrap().len();
    let mut repairs = 0;
    for (n, at) in spread(len, 120).enumerate() {
        let dir = copy(&original);
        alter(&store(dir.path()).join(db), |bytes| bytes[at] ^= 1 << (n % 8));
        repairs +=
            u64::from(assert_all_there(dir.path(), &format!("engine byte {at}")).repair.is_some());
    }
    println!(
        "120 flips in sled's file of {len} bytes: {repairs} repaired, the others without effect"
    );
}

#[test]
fn a_flipped_bit_in_the_mirror_costs_nothing() {
    let original = sample();
    let len = std::fs::read(store(original.path()).join("mirror")).unwrap().len();
    let mut repairs = 0;
    for (n, at) in spread(len, 60).enumerate() {
        let dir = copy(&original);
        alter(&store(dir.path()).join("mirror"), |bytes| bytes[at] ^= 1 << (n % 8));
        repairs +=
            u64::from(assert_all_there(dir.path(), &format!("mirror byte {at}")).repair.is_some());
    }
    println!(
        "60 flips in the mirror of {len} bytes: {repairs} repaired, the others without effect"
    );
}

#[test]
fn cut_removed_and_foreign_store_files_are_repaired() {
    let original = sample();
    for file in ["sled/db", "sled/conf", "mirror"] {
        let len = std::fs::read(store(original.path()).join(file)).unwrap().len();
        for cut in [0, len / 3, len / 2, len - 1] {
            let dir = copy(&original);
            alter(&store(dir.path()).join(file), |bytes| bytes.truncate(cut));
            assert_all_there(dir.path(), &format!("{file} cut at {cut}"));
        }
        let dir = copy(&original);
        std::fs::remove_file(store(dir.path()).join(file)).unwrap();
        assert_all_there(dir.path(), &format!("{file} removed"));
        let dir = copy(&original);
        alter(&store(dir.path()).join(file), |bytes| {
            *bytes = b"something else altogether".repeat(500)
        });
        assert_all_there(dir.path(), &format!("{file} foreign"));
    }
    let dir = copy(&original);
    std::fs::remove_dir_all(store(dir.path()).join("sled")).unwrap();
    assert_eq!(assert_all_there(dir.path(), "engine removed").repair, Some(Repair::Engine));
}

#[test]
fn what_a_crash_leaves_half_built_is_ignored() {
    let dir = sample();
    copy_dir(&store(dir.path()), &dir.path().join("building"));
    std::fs::remove_file(dir.path().join("building/mirror")).unwrap();
    std::fs::write(dir.path().join("key.tmp"), "half").unwrap();
    assert!(assert_all_there(dir.path(), "half-built").repair.is_none());
    assert!(!dir.path().join("building").exists());
}

#[test]
fn a_crash_between_swap_and_removal_keeps_the_newer_store() {
    let dir = sample();
    let old = dir.path().join("kept");
    std::fs::rename(store(dir.path()), &old).unwrap();
    std::fs::rename(&old, dir.path().join("store-3")).unwrap();
    // Generation 3 is not what its mirror says it is, so its mirror is not believed; its engine is.
    assert_eq!(assert_all_there(dir.path(), "renumbered").repair, Some(Repair::Mirror));
    copy_dir(&dir.path().join("store-4"), &dir.path().join("store-2"));
    assert!(assert_all_there(dir.path(), "older one beside").repair.is_none());
    assert!(!dir.path().join("store-2").exists());
}

#[test]
fn with_both_copies_damaged_the_readable_records_survive() {
    let dir = sample();
    let store_dir = store(dir.path());
    // The engine does not open at all, and the mirror has one bad frame in the middle.
    alter(&store_dir.join("sled/db"), |bytes| {
        bytes.iter_mut().step_by(97).for_each(|byte| *byte ^= 0xff)
    });
    alter(&store_dir.join("mirror"), |bytes| {
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
    });
    let (vault, report) = try_open(dir.path()).unwrap();
    assert_eq!(report.repair, Some(Repair::Salvaged));
    assert!(dir.path().join("damaged").exists());
    let there =
        (0..RECORDS).filter(|n| vault.get("c", &n.to_string()).unwrap().is_some()).count() as u64;
    assert_eq!(there, RECORDS - 1);
    vault.put("c", "again", b"writable").unwrap();
    drop(vault);
    assert!(try_open(dir.path()).unwrap().1.repair.is_none());
}

#[test]
fn with_nothing_left_the_store_is_reported_and_not_replaced() {
    let dir = sample();
    let store_dir = store(dir.path());
    alter(&store_dir.join("sled/db"), |bytes| bytes.fill(0x55));
    alter(&store_dir.join("mirror"), |bytes| bytes.fill(0x55));
    for _ in 0..2 {
        assert!(matches!(
            try_open(dir.path()),
            Err(VaultError::Damaged(szid_vault::DamagedPart::Store))
        ));
    }
    Vault::wipe_closed(dir.path(), &*TestSealing::new(1)).unwrap();
    assert!(files_below(dir.path()).is_empty());
}
