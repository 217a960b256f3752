//! The block device is copied while the writer is stopped at a random moment, which is what a power cut
//! leaves. The copy is mounted and the store on it opened: everything acknowledged before the copy must be
//! there.
//!
//! Needs root, a free loop device and mkfs.ext4; skips itself otherwise.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod store_writer;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use store_writer::{Writing, assert_kept, write_until_killed};

const CUTS: u64 = 20;
/// Fewer writes than these say little.
const ENOUGH: usize = 500;

/// Not a test of its own: the process that is stopped.
#[test]
fn writer() {
    write_until_killed();
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
struct Disk(PathBuf);

impl Disk {
    fn mount(image: &Path, mount_point: PathBuf) -> Option<Disk> {
        std::fs::create_dir_all(&mount_point).unwrap();
        run("mount", &["-o", "loop", image.to_str()?, mount_point.to_str()?])
            .then_some(Disk(mount_point))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn nothing_acknowledged_is_lost_to_a_power_cut() {
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("image");
    let (mut total, mut torn, mut cut) = (0, 0, 0);
    // On a busy machine it takes more cuts until there was enough to lose.
    while cut < CUTS || (total <= ENOUGH && cut < 8 * CUTS) {
        // Each cut is met by a new store, so that creation is cut as well.
        std::fs::File::create(&image).unwrap().set_len(192 << 20).unwrap();
        let made = run("mkfs.ext4", &["-q", "-F", image.to_str().unwrap()]);
        let Some(disk) = Disk::mount(&image, dir.path().join("live")).filter(|_| made) else {
            println!("skipped: needs root, a loop device and mkfs.ext4");
            return;
        };
        let writing = Writing::start(&disk.0.join("register"), 1);
        // A busy machine takes longer for as much.
        std::thread::sleep(Duration::from_millis((20 + (cut * cut * 7) % 900) * (1 + cut / CUTS)));
        // What is acknowledged after this may miss the copy; what was before it may not.
        writing.count_no_more();
        assert!(run("kill", &["-STOP", &writing.child.id().to_string()]));
        let after_cut = dir.path().join("after-cut");
        copy(&image, &after_cut);
        let acknowledged = writing.kill();
        drop(disk);

        let Some(disk) = Disk::mount(&after_cut, dir.path().join("restored")) else {
            // The kernel wrote while it was copied, which no power cut does.
            (torn, cut) = (torn + 1, cut + 1);
            assert!(torn <= CUTS / 4, "{torn} copies of {cut} cannot be mounted");
            continue;
        };
        assert_kept(&disk.0.join("register"), &acknowledged);
        total += acknowledged.len();
        cut += 1;
    }
    println!("{cut} power cuts, {total} writes acknowledged before them, none lost");
    assert!(total > ENOUGH, "{total}");
}
