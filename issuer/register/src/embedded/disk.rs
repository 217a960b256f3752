//! What the store does to its disk beside fjall, once a write has failed: tries whether it takes something
//! again, and has it keep for certain what the journal says.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::StoreError;

/// A file that the disk must take before the store is opened anew: as much as one file of a hot table.
const TRIED_BYTES: usize = 8 << 20;
const TRIED_FILE: &str = "disk-try.tmp";
const BLOCK: usize = 64 << 10;

fn failed(error: io::Error) -> StoreError {
    StoreError::Disk(error.to_string())
}

/// Whether the disk takes a file, and keeps it.
pub(super) fn try_it(folder: &Path) -> Result<(), StoreError> {
    let path = folder.join(TRIED_FILE);
    let tried = File::create(&path).and_then(|mut file| {
        // No zeros: a file system may keep those without any room.
        let block = [0xa5; BLOCK];
        for _ in 0..TRIED_BYTES / BLOCK {
            file.write_all(&block)?;
        }
        file.sync_all()
    });
    let removed = std::fs::remove_file(&path);
    tried.and(removed).map_err(failed)
}

/// Writes each journal over itself and to the disk. After an fsync that failed, what is read back may come
/// out of memory alone, and a later fsync would not say so: what is written again is on the disk, or this
/// fails.
pub(super) fn write_journals_again(folder: &Path) -> Result<(), StoreError> {
    write_again(folder).map_err(failed)
}

fn write_again(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jnl") {
            write_over(&mut OpenOptions::new().read(true).write(true).open(&path)?)?;
        }
    }
    File::open(folder)?.sync_all()
}

fn write_over(file: &mut File) -> io::Result<()> {
    let mut block = vec![0; BLOCK];
    let mut at = 0;
    loop {
        file.seek(SeekFrom::Start(at))?;
        let read = file.read(&mut block)?;
        if read == 0 {
            return file.sync_all();
        }
        // A journal is laid out ahead with zeros that take no room, and are to take none.
        if block[..read].iter().any(|byte| *byte != 0) {
            file.seek(SeekFrom::Start(at))?;
            file.write_all(&block[..read])?;
        }
        at += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_takes_files_is_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        try_it(folder.path()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(matches!(try_it(&folder.path().join("none")), Err(StoreError::Disk(_))));
    }

    #[test]
    fn a_journal_is_the_same_after_it_was_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("7.jnl");
        let mut content = vec![7; 3 * BLOCK + 100];
        content[BLOCK..2 * BLOCK].fill(0);
        std::fs::write(&path, &content).unwrap();
        std::fs::write(folder.path().join("version"), b"3").unwrap();
        write_journals_again(folder.path()).unwrap();
        assert!(std::fs::read(&path).unwrap() == content);
    }
}
