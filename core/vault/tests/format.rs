//! The format is frozen: fixed randomness gives these very bytes, and these very bytes open.
//!
//! A later format keeps `fixtures/v1` and reads it through its migration. `SZID_VAULT_WRITE_FIXTURE=1` writes
//! the fixture anew, which is right only while no vault of the format is in the hands of anybody.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{CountingEntropy, SystemEntropy, TestSealing, value_of};
use szid_vault::{Change, Repair, Vault};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1")
}

/// The files that the format promise covers. sled's own files are sled's.
const FILES: [&str; 2] = ["key", "store-0/mirror"];

fn write_sample(dir: &Path) {
    let entropy = Arc::new(CountingEntropy::default());
    let (vault, _) = Vault::open(dir, TestSealing::new(0x42), entropy).unwrap();
    vault.put("passes", "2027-01-05", &value_of(1, 300)).unwrap();
    vault.put("passes", "2027-01-06", &value_of(2, 9000)).unwrap();
    vault.put("空", "名", b"").unwrap();
    vault
        .batch(&[
            Change::Delete { collection: "passes", name: "2027-01-05" },
            Change::Put { collection: "passes", name: "2027-01-07", value: &value_of(3, 1) },
        ])
        .unwrap();
}

fn assert_sample(vault: &Vault) {
    assert_eq!(vault.list("passes").unwrap(), ["2027-01-06", "2027-01-07"]);
    assert_eq!(vault.get("passes", "2027-01-06").unwrap().unwrap().as_slice(), value_of(2, 9000));
    assert_eq!(vault.get("passes", "2027-01-07").unwrap().unwrap().as_slice(), value_of(3, 1));
    assert_eq!(vault.get("空", "名").unwrap().unwrap().as_slice(), b"");
    assert!(vault.check().unwrap().damaged.is_empty());
}

#[test]
fn fixed_randomness_gives_the_frozen_bytes() {
    let dir = tempfile::tempdir().unwrap();
    write_sample(dir.path());
    for file in FILES {
        let written = std::fs::read(dir.path().join(file)).unwrap();
        if std::env::var_os("SZID_VAULT_WRITE_FIXTURE").is_some() {
            let target = fixture().join(file);
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::write(target, &written).unwrap();
        }
        assert!(
            written == std::fs::read(fixture().join(file)).unwrap(),
            "{file} differs from the frozen format"
        );
    }
}

#[test]
fn the_frozen_vault_opens() {
    let dir = tempfile::tempdir().unwrap();
    common::copy_dir(&fixture(), dir.path());
    let (vault, report) =
        Vault::open(dir.path(), TestSealing::new(0x42), Arc::new(SystemEntropy)).unwrap();
    assert_eq!(
        (report.created, report.repair, report.migrated_from),
        (false, Some(Repair::Engine), None)
    );
    assert_sample(&vault);
    vault.put("passes", "2027-01-08", b"goes on").unwrap();
    drop(vault);
    let (vault, report) =
        Vault::open(dir.path(), TestSealing::new(0x42), Arc::new(SystemEntropy)).unwrap();
    assert_eq!(report.repair, None);
    assert_eq!(vault.list("passes").unwrap().len(), 3);
}

/// The header, spelled out, so that a reader of the README can follow it.
#[test]
fn the_frozen_key_file_is_laid_out_as_documented() {
    let bytes = std::fs::read(fixture().join("key")).unwrap();
    assert_eq!(&bytes[..8], b"SZIDVLT\0");
    assert_eq!(bytes[8..10], [0, 1], "format version");
    assert_eq!(bytes[10..12], [0, 48], "32 bytes wrapped with AES-GCM by the test key");
    assert_eq!(bytes[12..28], std::array::from_fn::<u8, 16, _>(|n| 32 + n as u8), "vault id");
    assert_eq!(bytes.len(), 28 + 48 + 32 + 32);
}
