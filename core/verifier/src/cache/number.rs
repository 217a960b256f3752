//! A number that is kept in place: a change of it needs no room, so that it can be kept on a full disk, too.
//!
//! ```text
//! two slots, a page apart    number 8 | turn 8 | check 8      integers are big-endian
//! check: first 8 bytes of SHA-256(number | turn)
//! ```
//! The slots take turns: whatever a power cut leaves of one, the other holds the number before it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::sync_folder;

const SLOT: usize = 24;
/// Bytes between the starts of the slots: no disk writes both at once.
const APART: usize = 4096;

/// A number in a file of its own.
pub struct KeptNumber {
    path: PathBuf,
    /// Nothing until there was room for it.
    file: Option<File>,
    slot: Slot,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    turn: u64,
    number: u64,
}

impl Slot {
    fn encode(self) -> [u8; SLOT] {
        let mut bytes = [0; SLOT];
        bytes[..8].copy_from_slice(&self.number.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.turn.to_be_bytes());
        let check = Sha256::digest(&bytes[..16]);
        bytes[16..].copy_from_slice(&check[..8]);
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (number, rest) = bytes.split_first_chunk::<8>()?;
        let turn = rest.first_chunk::<8>()?;
        let slot = Self { turn: u64::from_be_bytes(*turn), number: u64::from_be_bytes(*number) };
        bytes.starts_with(&slot.encode()).then_some(slot)
    }

    /// Where it lies: the turns alternate.
    const fn place(self) -> u64 {
        self.turn % 2 * APART as u64
    }
}

impl KeptNumber {
    /// Opens the number, or makes it with this value. Where there is no room for the file yet, the value
    /// counts all the same, and the file is made with the next one that is kept.
    ///
    /// # Errors
    /// The file cannot be read, or ([`io::ErrorKind::InvalidData`]) neither slot is whole.
    pub fn open(path: impl Into<PathBuf>, otherwise: u64) -> io::Result<Self> {
        let path = path.into();
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let slot = Slot { turn: 0, number: otherwise };
                return Ok(Self { file: make(&path, slot).ok(), path, slot });
            }
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        (&file).take(2 * APART as u64).read_to_end(&mut bytes)?;
        let slots = [0, APART].map(|at| bytes.get(at..).and_then(Slot::decode));
        let slot = slots.into_iter().flatten().max();
        let slot = slot.ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { path, file: Some(file), slot })
    }

    /// The number.
    pub const fn get(&self) -> u64 {
        self.slot.number
    }

    /// Whether there is a file of it.
    pub const fn is_on_disk(&self) -> bool {
        self.file.is_some()
    }

    /// Keeps another number; durable on return.
    ///
    /// # Errors
    /// The number is what it was: the disk failed, or had no room for a file that was not there yet.
    pub fn keep(&mut self, number: u64) -> io::Result<()> {
        let slot = Slot { turn: self.slot.turn + 1, number };
        match &mut self.file {
            Some(file) => {
                file.seek(SeekFrom::Start(slot.place()))?;
                file.write_all(&slot.encode())?;
                file.sync_data()?;
            }
            None => self.file = Some(make(&self.path, slot)?),
        }
        self.slot = slot;
        Ok(())
    }
}

/// A file with all the room that it will ever need.
fn make(path: &Path, slot: Slot) -> io::Result<File> {
    let draft = path.with_extension("new");
    let mut bytes = vec![0; 2 * APART];
    let at = usize::try_from(slot.place()).unwrap_or(0);
    bytes[at..at + SLOT].copy_from_slice(&slot.encode());
    let write = || {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&draft)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        if let Some(folder) = path.parent() {
            sync_folder(folder)?;
        }
        Ok(file)
    };
    write().inspect_err(|_| _ = fs::remove_file(&draft))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &tempfile::TempDir) -> io::Result<KeptNumber> {
        KeptNumber::open(folder.path().join("mark.number"), 7)
    }

    #[test]
    fn the_last_number_is_there_at_the_next_start_and_the_file_does_not_grow() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(open(&folder).unwrap().get(), 7);
        for number in [9, 3, u64::MAX, 4] {
            open(&folder).unwrap().keep(number).unwrap();
            let kept = open(&folder).unwrap();
            assert_eq!((kept.get(), kept.is_on_disk()), (number, true));
            let length = fs::metadata(folder.path().join("mark.number")).unwrap().len();
            assert_eq!(length, 2 * APART as u64);
        }
    }

    #[test]
    fn a_slot_that_is_torn_leaves_the_number_before_it_and_two_are_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark.number");
        let mut kept = open(&folder).unwrap();
        kept.keep(8).unwrap();
        kept.keep(9).unwrap();
        drop(kept);
        let whole = fs::read(&path).unwrap();
        for at in 0..SLOT {
            let mut torn = whole.clone();
            torn[at] ^= 1;
            fs::write(&path, &torn).unwrap();
            let mut kept = open(&folder).unwrap();
            assert_eq!(kept.get(), 8, "{at}");
            kept.keep(10).unwrap();
            assert_eq!(open(&folder).unwrap().get(), 10);
            torn[APART + at] ^= 1;
            fs::write(&path, &torn).unwrap();
            assert_eq!(open(&folder).err().unwrap().kind(), io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn where_its_file_cannot_be_made_the_number_counts_and_is_kept_later() {
        let folder = tempfile::tempdir().unwrap();
        // A folder in the place of the unfinished file.
        fs::create_dir(folder.path().join("mark.new")).unwrap();
        let mut kept = open(&folder).unwrap();
        assert_eq!((kept.get(), kept.is_on_disk()), (7, false));
        assert!(kept.keep(8).is_err());
        assert_eq!(kept.get(), 7);
        fs::remove_dir(folder.path().join("mark.new")).unwrap();
        kept.keep(8).unwrap();
        assert_eq!((open(&folder).unwrap().get(), kept.is_on_disk()), (8, true));
    }
}
