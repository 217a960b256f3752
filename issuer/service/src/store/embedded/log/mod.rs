//! The log: what groups changed, on disk before anybody is told and before the tables have it (docs/adr/0014-a-log-of-its-own.md).
//!
//! Two files take turns. Both were written full of zeros once, so that to write a record changes nothing but data: an fsync then
//! waits neither for the file system's own journal nor for the tables that others write. A file is written anew from its start when
//! the tables on disk have all that it holds.

mod record;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::store::StoreError;

use super::group::Group;
use super::pending::Pending;
use super::records::RowReader;
pub(super) use record::RegisterId;
use record::{BLOCK, Found};

const NAMES: [&str; 2] = ["log-a", "log-b"];
/// What one file holds: a second or more of all that the service can do. A larger group makes it longer.
const FILE_BYTES: u64 = 8 << 20;

/// A group that was found in the log, and its number.
pub(super) type Logged = (u64, Group);

/// One of the two files.
struct Half {
    file: File,
    /// Where the next record goes.
    end: u64,
    /// The number of its last record.
    last: u64,
}

/// The open log.
pub(super) struct Log {
    register: RegisterId,
    halves: [Half; 2],
    active: usize,
    last: u64,
}

impl Log {
    /// Makes an empty log in a store's folder, over whatever a half-made one left there.
    pub(super) fn create(folder: &Path) -> Result<(), StoreError> {
        let make = || {
            for name in NAMES {
                let mut file = File::create(folder.join(name))?;
                io::copy(&mut io::repeat(0).take(FILE_BYTES), &mut file)?;
                file.sync_all()?;
            }
            File::open(folder)?.sync_all()
        };
        make().map_err(disk)
    }

    /// Opens the log of a register. Gives the groups after `applied`, which the tables do not have yet, in their order.
    ///
    /// Write them to the tables, and those to the disk, before the first [`append`](Self::append).
    pub(super) fn open(
        folder: &Path,
        register: RegisterId,
        applied: u64,
    ) -> Result<(Self, Vec<Logged>), StoreError> {
        let mut groups = Vec::new();
        let mut halves = Vec::with_capacity(NAMES.len());
        for name in NAMES {
            let opened = OpenOptions::new().read(true).write(true).open(folder.join(name));
            let mut file = opened.map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => StoreError::Damaged("a file of the log is missing"),
                _ => disk(error),
            })?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(disk)?;
            if (bytes.len() as u64) < FILE_BYTES {
                return Err(StoreError::Damaged("a file of the log is cut short"));
            }
            read_after(applied, &register, &bytes, &mut groups)?;
            halves.push(Half { file, end: 0, last: 0 });
        }
        groups.sort_by_key(|(number, _)| *number);
        // Each record is on disk before the next is written: only the last can be torn, and then it was not acknowledged.
        if !groups.iter().map(|(number, _)| *number).eq((applied + 1..).take(groups.len())) {
            return Err(StoreError::Damaged("a record of the log"));
        }
        let last = applied + groups.len() as u64;
        let halves = halves.try_into().map_err(|_| StoreError::Damaged("the log"))?;
        Ok((Self { register, halves, active: 0, last }, groups))
    }

    /// The number that the next group gets.
    pub(super) fn next(&self) -> u64 {
        self.last + 1
    }

    /// Writes a group to the disk. When one file is full, the tables are asked to have on disk what it holds, long before the other
    /// one is full as well.
    ///
    /// # Errors
    /// [`StoreError::Disk`], and what kept the tables from it.
    pub(super) fn append(&mut self, group: &Group, pending: &Pending) -> Result<(), StoreError> {
        let number = self.next();
        let record = record::encode(&self.register, number, group);
        let half = &self.halves[self.active];
        if half.end > 0 && half.end + record.len() as u64 > FILE_BYTES {
            let other = 1 - self.active;
            pending.settle_on_disk(self.halves[other].last)?;
            pending.ask_on_disk(half.last);
            self.halves[other].end = 0;
            self.active = other;
        }
        let half = &mut self.halves[self.active];
        half.write(&record).map_err(disk)?;
        half.last = number;
        self.last = number;
        Ok(())
    }
}

impl Half {
    fn write(&mut self, record: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(record)?;
        self.file.sync_data()?;
        self.end += record.len() as u64;
        Ok(())
    }
}

/// Adds the groups of one file that come after `applied`. All blocks are looked at: behind a damaged record, too, there may be others.
fn read_after(
    applied: u64,
    register: &RegisterId,
    mut bytes: &[u8],
    groups: &mut Vec<Logged>,
) -> Result<(), StoreError> {
    while !bytes.is_empty() {
        let blocks = match record::find(register, bytes) {
            Found::Foreign => return Err(StoreError::Damaged("the log is another register's")),
            Found::Nothing => 1,
            Found::Record { number, body, blocks } => {
                if number > applied {
                    let group = Group::read(RowReader::over(body));
                    groups.push((number, group.ok_or(StoreError::Damaged("a record of the log"))?));
                }
                blocks
            }
        };
        bytes = bytes.get(blocks * BLOCK..).unwrap_or_default();
    }
    Ok(())
}

fn disk(error: io::Error) -> StoreError {
    StoreError::Disk(error.to_string())
}
