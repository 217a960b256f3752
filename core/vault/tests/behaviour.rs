//! What a caller may rely on.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use common::{SystemEntropy, TestSealing, copy_dir, files_below, open, try_open, value_of};
use szid_vault::{Change, MAX_BATCH_CHANGES, MAX_VALUE_LEN, Vault};

#[test]
fn values_come_back_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = [0, 1, 255, 256, 257, 4096, 4097, 9000, MAX_VALUE_LEN];
    {
        let (vault, report) = try_open(dir.path()).unwrap();
        assert!(report.created && report.repair.is_none());
        for len in sizes {
            vault.put("sizes", &len.to_string(), &value_of(1, len)).unwrap();
        }
        vault.put("other", "1", b"x").unwrap();
    }
    let (vault, report) = try_open(dir.path()).unwrap();
    assert!(!report.created && report.repair.is_none() && !report.compacted, "{report:?}");
    for len in sizes {
        assert_eq!(
            vault.get("sizes", &len.to_string()).unwrap().unwrap().as_slice(),
            value_of(1, len)
        );
    }
    assert_eq!(vault.list("other").unwrap(), ["1"]);
    assert_eq!(vault.list("sizes").unwrap().len(), sizes.len());
    assert_eq!(vault.list("none").unwrap(), Vec::<String>::new());
    assert!(vault.get("none", "1").unwrap().is_none());
    let check = vault.check().unwrap();
    assert!(
        (check.intact, check.damaged.len(), check.needs_repair) == (sizes.len() + 1, 0, false),
        "{check:?}"
    );
}

#[test]
fn overwriting_with_shorter_and_deleting_leave_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    vault.put("c", "n", &value_of(1, MAX_VALUE_LEN)).unwrap();
    vault.put("c", "n", b"short").unwrap();
    assert_eq!(vault.get("c", "n").unwrap().unwrap().as_slice(), b"short");
    assert!(vault.delete("c", "n").unwrap());
    assert!(!vault.delete("c", "n").unwrap());
    assert!(vault.get("c", "n").unwrap().is_none());
    drop(vault);
    let vault = open(dir.path());
    assert!(vault.get("c", "n").unwrap().is_none());
    // Only the counter is left.
    assert!(vault.size().unwrap().live_bytes < 200);
}

#[test]
fn the_last_change_of_a_batch_counts() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let put = |name, value| Change::Put { collection: "c", name, value };
    let delete = |name| Change::Delete { collection: "c", name };
    vault
        .batch(&[
            put("a", b"1"),
            put("b", b"2"),
            delete("a"),
            put("b", b"3"),
            delete("never there"),
        ])
        .unwrap();
    assert_eq!(vault.list("c").unwrap(), ["b"]);
    assert_eq!(vault.get("c", "b").unwrap().unwrap().as_slice(), b"3");
    vault.batch(&[]).unwrap();
}

#[test]
fn limits_are_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let code = |result: Result<(), szid_vault::VaultError>| result.unwrap_err().code();
    assert_eq!(code(vault.put("c", "n", &vec![0; MAX_VALUE_LEN + 1])), "VAULT_TOO_LARGE");
    assert_eq!(code(vault.put(&"c".repeat(65), "n", b"")), "VAULT_TOO_LARGE");
    assert_eq!(code(vault.put("c", &"n".repeat(129), b"")), "VAULT_TOO_LARGE");
    let many = vec![Change::Delete { collection: "c", name: "n" }; MAX_BATCH_CHANGES + 1];
    assert_eq!(code(vault.batch(&many)), "VAULT_TOO_LARGE");
    let value = vec![0; MAX_VALUE_LEN];
    let names: Vec<String> = (0..65).map(|n| n.to_string()).collect();
    let heavy: Vec<_> =
        names.iter().map(|name| Change::Put { collection: "c", name, value: &value }).collect();
    assert_eq!(code(vault.batch(&heavy)), "VAULT_TOO_LARGE");
    vault.batch(&heavy[..64]).unwrap();
    assert_eq!(vault.list("c").unwrap().len(), 64);
}

#[test]
fn a_second_open_is_refused_and_the_lock_ends_with_the_vault() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    assert_eq!(try_open(dir.path()).err().unwrap().code(), "VAULT_IN_USE");
    assert_eq!(
        Vault::wipe_closed(dir.path(), &*TestSealing::new(1)).unwrap_err().code(),
        "VAULT_IN_USE"
    );
    drop(vault);
    open(dir.path());
}

#[test]
fn wiping_destroys_the_key_and_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let sealing = TestSealing::new(1);
    let (vault, _) = Vault::open(dir.path(), sealing.clone(), Arc::new(SystemEntropy)).unwrap();
    vault.put("c", "n", b"secret").unwrap();
    copy_dir(dir.path(), copy.path());
    vault.wipe().unwrap();
    assert!(sealing.destroyed.load(Ordering::SeqCst));
    assert_eq!(files_below(dir.path()), Vec::<std::path::PathBuf>::new());
    assert_eq!(vault.get("c", "n").unwrap_err().code(), "VAULT_WIPED");
    assert_eq!(vault.put("c", "n", b"").unwrap_err().code(), "VAULT_WIPED");
    drop(vault);
    // A copy of the files made before is of no use any more.
    let reopened = Vault::open(copy.path(), sealing, Arc::new(SystemEntropy));
    assert_eq!(reopened.err().unwrap().code(), "VAULT_KEY_LOST");
    // And the directory can be used anew.
    let (vault, report) = try_open(dir.path()).unwrap();
    assert!(report.created && vault.get("c", "n").unwrap().is_none());
}

#[test]
fn wiping_removes_the_files_even_if_the_key_resists() {
    let dir = tempfile::tempdir().unwrap();
    let sealing = TestSealing::new(1);
    let (vault, _) = Vault::open(dir.path(), sealing.clone(), Arc::new(SystemEntropy)).unwrap();
    sealing.unavailable.store(true, Ordering::SeqCst);
    assert_eq!(vault.wipe().unwrap_err().code(), "VAULT_PORT_UNAVAILABLE");
    assert!(files_below(dir.path()).is_empty());
    drop(vault);
    sealing.unavailable.store(false, Ordering::SeqCst);
    Vault::wipe_closed(dir.path(), &*sealing).unwrap();
    assert!(sealing.destroyed.load(Ordering::SeqCst));
}

#[test]
fn files_show_no_names_and_no_values() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    for n in 0..50 {
        vault
            .put("plain-collection", &format!("plain-name-{n}"), b"plain-value-plain-value")
            .unwrap();
    }
    drop(vault);
    for file in files_below(dir.path()) {
        let bytes = std::fs::read(&file).unwrap();
        for word in [&b"plain-"[..], b"collection", b"name-", b"value-plain"] {
            assert!(
                !bytes.windows(word.len()).any(|window| window == word),
                "{word:?} in {file:?}"
            );
        }
        assert!(!file.to_string_lossy().contains("blobs"), "values stay in sled's log: {file:?}");
    }
}

#[test]
fn threads_share_a_vault() {
    fn shareable<T: Send + Sync + 'static>(_: &T) {}
    let dir = tempfile::tempdir().unwrap();
    let vault = Arc::new(open(dir.path()));
    shareable(&vault);
    let threads: Vec<_> = (0..4)
        .map(|thread: u64| {
            let vault = vault.clone();
            std::thread::spawn(move || {
                for n in 0..25 {
                    let name = format!("{thread}-{n}");
                    vault.put("c", &name, &value_of(thread, 300)).unwrap();
                    assert_eq!(
                        vault.get("c", &name).unwrap().unwrap().as_slice(),
                        value_of(thread, 300)
                    );
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(vault.list("c").unwrap().len(), 100);
}

#[test]
fn files_stay_bounded_under_rewriting() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(dir.path());
    let names: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let mut largest = 0;
    for round in 0..60 {
        let value = value_of(round, 2000);
        let changes: Vec<_> =
            names.iter().map(|name| Change::Put { collection: "c", name, value: &value }).collect();
        vault.batch(&changes).unwrap();
        largest = largest.max(vault.size().unwrap().file_bytes);
    }
    // 60 rounds write 14 MB to each of the two files.
    println!("100 records of 2000 bytes, rewritten 60 times: at most {largest} bytes in the files");
    assert!(largest < 4_000_000, "{largest}");
    drop(vault);
    // Whether it is rewritten once more or not, it then is as small as it gets.
    drop(open(dir.path()));
    let (vault, report) = try_open(dir.path()).unwrap();
    assert!(!report.compacted);
    assert_eq!(vault.list("c").unwrap().len(), 100);
    assert_eq!(vault.get("c", "42").unwrap().unwrap().as_slice(), value_of(59, 2000));
}
