//! The block device is copied while the writer is stopped at a random moment, which is what a power cut
//! leaves. The copy is mounted and the vault on it opened: everything acknowledged before the copy must be
//! there.
//!
//! Needs root, a free loop device and mkfs.ext4; skips itself otherwise. Takes about half a minute.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::{try_open, value_of};

const WRITER_DIR: &str = "SZID_VAULT_POWER_WRITER_DIR";
const CUTS: u64 = 20;
/// Fewer records than these say little.
const ENOUGH: u64 = 1000;
const NAMES: u64 = 200;

/// Not a test of its own: the process that is stopped.
#[test]
fn writer() {
    let Ok(dir) = std::env::var(WRITER_DIR) else { return };
    let vault = try_open(Path::new(&dir)).unwrap().0;
    let mut out = std::io::stdout().lock();
    for number in 1u64.. {
        vault.put("c", &(number % NAMES).to_string(), &numbered(number)).unwrap();
        writeln!(out, "acknowledged {number}").unwrap();
        out.flush().unwrap();
    }
}

fn numbered(number: u64) -> Vec<u8> {
    let mut value = number.to_be_bytes().to_vec();
    value.extend(value_of(number, (number * 37 % 3000) as usize));
    value
}

fn run(program: &str, args: &[&str]) -> bool {
    Command::new(program).args(args).output().is_ok_and(|output| output.status.success())
}

/// Copies an image and leaves its holes out: the sooner it is done, the less the kernel writes meanwhile.
fn copy(image: &Path, to: &Path) {
    let _ = std::fs::remove_file(to);
    let [from, to] = [image, to].map(|path| path.to_str().unwrap());
    assert!(run("cp", &["--reflink=auto", "--sparse=always", from, to]));
}

/// A mounted file system in an image file.
struct Disk {
    mount_point: PathBuf,
}

impl Disk {
    fn mount(image: &Path, mount_point: PathBuf) -> Option<Disk> {
        std::fs::create_dir_all(&mount_point).unwrap();
        run("mount", &["-o", "loop", image.to_str()?, mount_point.to_str()?])
            .then_some(Disk { mount_point })
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.mount_point).status();
    }
}

#[test]
fn nothing_acknowledged_is_lost_to_a_power_cut() {
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("image");
    std::fs::File::create(&image).unwrap().set_len(64 << 20).unwrap();
    let made = run("mkfs.ext4", &["-q", "-F", image.to_str().unwrap()]);
    let (mut total, mut repairs, mut torn, mut cut) = (0, 0, 0, 0);
    // On a busy machine it takes more cuts until there was enough to lose.
    while cut < CUTS || (total <= ENOUGH && cut < 3 * CUTS) {
        let Some(disk) = Disk::mount(&image, dir.path().join("live")).filter(|_| made) else {
            println!("skipped: needs root, a loop device and mkfs.ext4");
            return;
        };
        // Each cut is met by a new vault, so that creation is cut as well.
        let vault_dir = disk.mount_point.join(format!("vault-{cut}"));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["writer", "--exact", "--nocapture"])
            .env(WRITER_DIR, &vault_dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        let last = Arc::new(AtomicU64::new(0));
        let reader = std::thread::spawn({
            let last = last.clone();
            move || {
                for line in BufReader::new(out).lines().map_while(Result::ok) {
                    if let Some((_, number)) = line.split_once("acknowledged ") {
                        last.store(number.parse().unwrap(), Ordering::SeqCst);
                    }
                }
            }
        });
        // From "during creation" to "after several rewritings of the store".
        std::thread::sleep(Duration::from_millis(2 + (cut * cut * 7) % 1900));
        let acknowledged = last.load(Ordering::SeqCst);
        // The copy is of the device below the mounted file system, so nothing that waits in memory is in it.
        assert!(run("kill", &["-STOP", &child.id().to_string()]));
        let after_cut = dir.path().join("after-cut");
        copy(&image, &after_cut);
        child.kill().unwrap();
        child.wait().unwrap();
        reader.join().unwrap();
        let written = last.load(Ordering::SeqCst);
        drop(disk);

        let Some(disk) = Disk::mount(&after_cut, dir.path().join("restored")) else {
            // The kernel wrote while it was copied, which no power cut does.
            (torn, cut) = (torn + 1, cut + 1);
            assert!(torn <= CUTS / 4, "{torn} copies of {cut} cannot be mounted");
            continue;
        };
        let vault_dir = disk.mount_point.join(format!("vault-{cut}"));
        let (vault, report) =
            try_open(&vault_dir).unwrap_or_else(|error| panic!("cut {cut}: {error}"));
        repairs += u64::from(report.repair.is_some());
        assert!(report.lost.is_empty());
        for name in 0..NAMES {
            let value = vault.get("c", &name.to_string()).unwrap();
            let found = value.map_or(0, |value| {
                let number = u64::from_be_bytes(value[..8].try_into().unwrap());
                assert_eq!(*value, numbered(number));
                number
            });
            let newest =
                |upto: u64| (0..=upto).rev().find(|n| n % NAMES == name && *n > 0).unwrap_or(0);
            // One more may have been written than acknowledged.
            assert!(
                (newest(acknowledged)..=newest(written + 1)).contains(&found),
                "cut {cut}, name {name}: {found} found, {acknowledged} acknowledged"
            );
        }
        total += acknowledged;
        cut += 1;
        drop(vault);
    }
    println!(
        "{cut} power cuts, {total} records acknowledged before them, none lost, {repairs} repairs at open"
    );
    assert!(total > ENOUGH, "{total}");
}
