//! A file that only takes room, and gives it up where a full disk would keep the vault from opening.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Name of the file.
pub(crate) const RESERVE_FILE: &str = "reserve";
/// Written and removed at each opening, to see whether there is room.
pub(crate) const TRIAL_FILE: &str = "reserve.tmp";
/// Several times what an opening takes, bytes.
const TRIAL_BYTES: u64 = 32 * 1024;
/// What some dozens of openings take that write no record, bytes.
const BYTES: u64 = 256 * 1024;

/// Takes the room where it is not taken yet and as much again is left free. Failing to is no harm: the next
/// opening tries again.
pub(crate) fn keep(vault: &Path) {
    let path = vault.join(RESERVE_FILE);
    if fs::metadata(&path).is_ok_and(|found| found.len() == BYTES) {
        return;
    }
    if write(&path, 2 * BYTES).and_then(|file| file.set_len(BYTES)).is_err() {
        let _ = fs::remove_file(&path);
    }
}

/// Gives the room up before the engine meets a disk that is full: an opening that fails half-way leaves it
/// to be repaired.
pub(crate) fn make_room(vault: &Path) {
    let path = vault.join(TRIAL_FILE);
    let has_room = write(&path, TRIAL_BYTES).is_ok();
    let _ = fs::remove_file(&path);
    if !has_room {
        give_up(vault);
    }
}

fn write(path: &Path, bytes: u64) -> io::Result<File> {
    let mut file = File::create(path)?;
    let block = [0; 4096];
    for _ in 0..bytes / 4096 {
        file.write_all(&block)?;
    }
    Ok(file)
}

/// Gives the room up; says whether there was any.
pub(crate) fn give_up(vault: &Path) -> bool {
    fs::remove_file(vault.join(RESERVE_FILE)).is_ok()
}
