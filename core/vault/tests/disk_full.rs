//! A full disk gives an error of its own, and costs nothing that was acknowledged.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod common;

use std::io::Write;
use std::process::Command;

use common::{open, try_open, value_of};

/// A small file system in memory; `None` where this process may not mount one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(bytes: u32) -> Option<SmallDisk> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"])
            .arg(dir.path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(SmallDisk(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_reported_and_survived() {
    // Sizes at which different steps are the ones that meet the end of the disk.
    for kilobytes in [1600, 2100, 3000, 4200, 6100] {
        let Some(disk) = SmallDisk::mount(kilobytes * 1024) else {
            println!("skipped: a small disk can be mounted by root only");
            return;
        };
        let path = disk.0.path().join("vault");
        let vault = open(&path);
        let mut written = 0u64;
        let error = loop {
            match vault.put("c", &written.to_string(), &value_of(written, 4000)) {
                Ok(()) => written += 1,
                Err(error) => break error,
            }
            assert!(written < 5000);
        };
        assert_eq!(error.code(), "VAULT_DISK_FULL", "{kilobytes} kB");
        println!("{kilobytes} kB: full after {written} records");
        assert!(written > 20);
        let assert_all = |vault: &szid_vault::Vault| {
            for n in 0..written {
                assert_eq!(
                    vault.get("c", &n.to_string()).unwrap().unwrap().as_slice(),
                    value_of(n, 4000)
                );
            }
        };
        // Reading goes on while the disk is full.
        assert_all(&vault);
        drop(vault);
        let filled = Command::new("mount")
            .args(["-o", &format!("remount,size={}", 3 * kilobytes * 1024)])
            .arg(disk.0.path())
            .status()
            .unwrap();
        assert!(filled.success());
        let (vault, report) = try_open(&path).unwrap();
        assert!(report.lost.is_empty());
        assert_all(&vault);
        vault.put("c", "more", b"room again").unwrap();
    }
}

#[test]
fn a_disk_that_is_full_from_the_start_is_reported() {
    let Some(disk) = SmallDisk::mount(64 * 1024) else {
        println!("skipped: a small disk can be mounted by root only");
        return;
    };
    let path = disk.0.path().join("vault");
    assert_eq!(try_open(&path).err().unwrap().code(), "VAULT_DISK_FULL");
    let larger = Command::new("mount")
        .args(["-o", "remount,size=8388608"])
        .arg(disk.0.path())
        .status()
        .unwrap();
    assert!(larger.success());
    let (vault, report) = try_open(&path).unwrap();
    assert!(report.repair.is_none() && vault.list("c").unwrap().is_empty());
    vault.put("c", "n", b"value").unwrap();
}

#[test]
fn the_same_handle_goes_on_once_there_is_room() {
    let Some(disk) = SmallDisk::mount(2100 * 1024) else {
        println!("skipped: a small disk can be mounted by root only");
        return;
    };
    let vault = open(&disk.0.path().join("vault"));
    let mut written = 0;
    while vault.put("c", &written.to_string(), &value_of(written, 4000)).is_ok() {
        written += 1;
    }
    for n in 0..written {
        assert_eq!(
            vault.get("c", &n.to_string()).unwrap().unwrap().as_slice(),
            value_of(n, 4000),
            "while full"
        );
    }
    let larger = Command::new("mount")
        .args(["-o", "remount,size=16777216"])
        .arg(disk.0.path())
        .status()
        .unwrap();
    assert!(larger.success());
    vault.put("c", "more", b"room again").unwrap();
    for n in 0..written {
        assert_eq!(vault.get("c", &n.to_string()).unwrap().unwrap().as_slice(), value_of(n, 4000));
    }
}

#[test]
fn a_sound_vault_opens_on_a_disk_without_any_room_and_takes_its_reserve_again_with_room() {
    let Some(disk) = SmallDisk::mount(8192 * 1024) else {
        println!("skipped: a small disk can be mounted by root only");
        return;
    };
    let path = disk.0.path().join("vault");
    open(&path).put("c", "n", b"value").unwrap();
    let reserve = path.join("reserve");
    assert!(reserve.exists());
    let rest = disk.0.path().join("rest");
    let mut file = std::fs::File::create(&rest).unwrap();
    while file.write_all(&[1; 4096]).is_ok() {}
    for _ in 0..20 {
        let (vault, report) = try_open(&path).unwrap();
        assert_eq!(vault.get("c", "n").unwrap().unwrap().as_slice(), b"value");
        assert!(report.repair.is_none() && report.lost.is_empty());
        assert!(!reserve.exists());
    }
    drop(file);
    std::fs::remove_file(rest).unwrap();
    drop(try_open(&path).unwrap());
    assert!(reserve.exists());
}
