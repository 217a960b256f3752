//! Used codes that survive a restart: an append-only log in front of the memory. No use is answered before it
//! is durable.
//!
//! Concurrent callers share one write: whoever comes first writes for all that wait. Files follow one
//! another; one goes when everything in it has run out, so their size is bounded by the memory's own bound.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use szid_protocol::verify::{ReplayKey, ReplayMemory, Use};

use super::log::{self, Decoded, Entry, LogFault, MAX_BATCH, MAX_RECORDS};
use super::memory::{InMemoryReplay, derive_operator_digest, is_live};
use crate::cache::{CacheStore, FolderStore, KeptDocument, KeptNumber, sync_folder};
use crate::error::VerifierError;

const EXTENSION: &str = "replay";
/// The mark beside the files: the newest code in any file that was removed.
const FORGOTTEN: &str = "forgotten.number";
/// What it was called while it was a record, which needed room for each change.
const FORGOTTEN_BEFORE: &str = "forgotten";

/// What was found on opening.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Uses that still count.
    pub uses: usize,
    /// Bytes at the ends of files that a kill or a power cut left unfinished. Nobody was answered for them.
    pub torn_bytes: usize,
}

/// A durable memory of used codes in a folder of its own.
pub struct DurableReplay {
    memory: InMemoryReplay,
    queue: Mutex<Queue>,
    turn: Condvar,
    log: Mutex<Log>,
    recovery: Recovery,
    /// Whether the last write failed.
    has_failed: AtomicBool,
    /// The newest code of which it is not known whether it was used.
    unknown_to: AtomicU64,
    /// Held for as long as this lives.
    _lock: File,
}

/// Uses on their way to the disk, numbered in order.
#[derive(Default)]
struct Queue {
    waiting: Vec<Entry>,
    enqueued: u64,
    durable: u64,
    is_writing: bool,
    /// Counts failed writes: each fails everybody who waits.
    failures: u64,
}

struct Log {
    folder: PathBuf,
    current: Option<LogFile>,
    next_sequence: u64,
    /// Closed files: the sequence and the newest iat of each.
    closed: Vec<(u64, u64)>,
    /// The newest iat in the files that were removed.
    forgotten_to: KeptNumber,
}

struct LogFile {
    file: File,
    sequence: u64,
    records: u64,
    newest: u64,
}

impl DurableReplay {
    /// Opens the memory in a folder (made when it is not there), with room for `codes` uses that still count.
    /// On a full disk it opens, and every use is [unavailable](Use::Unavailable) until there is room.
    ///
    /// # Errors
    /// [`VerifierError::ReplayInUse`] while another process has it, [`VerifierError::ReplayForeign`],
    /// [`VerifierError::ReplayDamaged`], [`VerifierError::Read`] or [`VerifierError::Write`].
    pub fn open(folder: impl Into<PathBuf>, codes: usize, now: u64) -> Result<Self, VerifierError> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(VerifierError::Write)?;
        let lock = File::create(folder.join("lock")).map_err(VerifierError::Write)?;
        lock.try_lock().map_err(|_| VerifierError::ReplayInUse)?;

        let memory = InMemoryReplay::new(codes);
        let mut recovery = Recovery::default();
        let mut log = Log::open(folder)?;
        let mut unknown_to = log.forgotten_to.get();
        let mut bytes = Vec::new();
        for sequence in sequences(&log.folder)? {
            let decoded = read_file(&log.folder, sequence, &mut bytes)?;
            recovery.torn_bytes += decoded.torn;
            for entry in &decoded.entries {
                if is_live(entry.key.iat, now) {
                    memory.restore(entry.key, entry.operator);
                    recovery.uses += 1;
                } else {
                    // If this clock is wrong and set back later, what was not loaded is not taken for new.
                    memory.forgot_to(entry.key.iat);
                    unknown_to = unknown_to.max(entry.key.iat);
                }
            }
            let newest = decoded.entries.iter().map(|entry| entry.key.iat).max().unwrap_or(0);
            log.closed.push((sequence, newest));
            log.next_sequence = sequence + 1;
        }
        memory.forgot_to(log.forgotten_to.get());
        log.remove_old(now);
        // Where there is no room for a file now, the first use tries again.
        let has_failed = AtomicBool::new(log.start_file().is_err());
        let (queue, turn, log) = (Mutex::default(), Condvar::new(), Mutex::new(log));
        let unknown_to = AtomicU64::new(unknown_to);
        Ok(Self { memory, queue, turn, log, recovery, has_failed, unknown_to, _lock: lock })
    }

    /// States that codes up to `iat` may have been used without this memory: nothing is said about them from
    /// now on, nor after a restart. For a folder that was put back from a copy.
    ///
    /// # Errors
    /// [`VerifierError::Write`]: then a restart forgets it.
    pub fn forget(&self, iat: u64) -> Result<(), VerifierError> {
        self.memory.forgot_to(iat);
        self.unknown_to.fetch_max(iat, Ordering::Relaxed);
        self.log.lock().unwrap_or_else(PoisonError::into_inner).note_forgotten(iat)
    }

    /// Takes back that codes later than `iat` may have been used: a clock that was ahead said so, and none is
    /// good yet. For a time that two clocks agree to lie ahead. Whether anything was taken back.
    ///
    /// # Errors
    /// [`VerifierError::Write`]: then a restart knows nothing of it.
    pub fn recall(&self, iat: u64) -> Result<bool, VerifierError> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if self.unknown_to() <= iat {
            return Ok(false);
        }
        if log.forgotten_to.get() > iat {
            log.forgotten_to.keep(iat).map_err(VerifierError::Write)?;
        }
        self.memory.forgot_no_later_than(iat);
        self.unknown_to.fetch_min(iat, Ordering::Relaxed);
        Ok(true)
    }

    /// What was found on opening.
    pub fn recovery(&self) -> Recovery {
        self.recovery
    }

    /// The newest code of which it was not known, at the start or since [`forget`](Self::forget), whether it
    /// was used: up to it what is not known to be used is [forgotten](Use::Forgotten).
    pub fn unknown_to(&self) -> u64 {
        self.unknown_to.load(Ordering::Relaxed)
    }

    /// Whether the disk failed when something was last written: nobody passes then.
    pub fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until everything up to `ticket` is durable; writes when nobody else does. False when the write
    /// failed.
    fn settle<'a>(&'a self, mut queue: MutexGuard<'a, Queue>, ticket: u64, now: u64) -> bool {
        let failures = queue.failures;
        while queue.failures == failures {
            if queue.durable >= ticket {
                return true;
            }
            if queue.is_writing {
                queue = self.turn.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            queue.is_writing = true;
            let length = queue.waiting.len().min(MAX_BATCH);
            let batch: Vec<_> = queue.waiting.drain(..length).collect();
            drop(queue);
            let written =
                self.log.lock().unwrap_or_else(PoisonError::into_inner).append(&batch, now);
            self.has_failed.store(written.is_err(), Ordering::Relaxed);
            queue = self.queue();
            queue.is_writing = false;
            if written.is_ok() {
                queue.durable += batch.len() as u64;
            } else {
                // Nobody was answered for these; they may be used again once the disk is well.
                let waiting = std::mem::take(&mut queue.waiting);
                batch.iter().chain(&waiting).for_each(|entry| self.memory.take_back(&entry.key));
                queue.durable = queue.enqueued;
                queue.failures += 1;
            }
            self.turn.notify_all();
        }
        false
    }
}

impl ReplayMemory for DurableReplay {
    fn check_and_remember(&self, key: ReplayKey, operator: &str, now: u64) -> Use {
        let mut queue = self.queue();
        let answer = self.memory.check_and_remember(key, operator, now);
        match answer {
            Use::First => {
                queue.waiting.push(Entry { key, operator: derive_operator_digest(operator) });
                queue.enqueued += 1;
            }
            // A repeat is told only once the first use is durable, too.
            Use::Again { .. } => {}
            Use::Forgotten | Use::Unavailable => return answer,
        }
        let ticket = queue.enqueued;
        if self.settle(queue, ticket, now) { answer } else { Use::Unavailable }
    }
}

impl Log {
    fn open(folder: PathBuf) -> Result<Self, VerifierError> {
        let store = FolderStore::open(&folder)?;
        let before = KeptDocument::load(FORGOTTEN_BEFORE, &store)?.map_or(0, |record| record.mark);
        let forgotten_to = KeptNumber::open(folder.join(FORGOTTEN), before);
        let forgotten_to = forgotten_to.map_err(|error| match error.kind() {
            ErrorKind::InvalidData => VerifierError::CacheDamaged(FORGOTTEN.to_owned()),
            _ => VerifierError::Read(error),
        })?;
        if forgotten_to.is_on_disk() {
            store.remove(FORGOTTEN_BEFORE)?;
        }
        Ok(Self { folder, current: None, next_sequence: 0, closed: Vec::new(), forgotten_to })
    }

    /// Appends a batch and makes it durable. After a failure nothing is known of the file's end, so the next
    /// batch goes into a new file.
    fn append(&mut self, batch: &[Entry], now: u64) -> std::io::Result<()> {
        if self.current.as_ref().is_none_or(|file| file.records as usize >= MAX_RECORDS) {
            self.close_file();
            self.remove_old(now);
            self.start_file()?;
        }
        let written = match &mut self.current {
            Some(file) => file.append(batch),
            None => Err(ErrorKind::NotFound.into()),
        };
        if written.is_err() {
            self.close_file();
        }
        written
    }

    fn start_file(&mut self) -> std::io::Result<()> {
        let sequence = self.next_sequence;
        // A number is used once, whatever becomes of its file.
        self.next_sequence += 1;
        let mut file = File::create_new(path(&self.folder, sequence))?;
        let finish = |file: &mut File| {
            file.write_all(&log::encode_header(sequence))?;
            file.sync_all()?;
            sync_folder(&self.folder)
        };
        if let Err(error) = finish(&mut file) {
            // One that stays goes with those in which nothing counts.
            if fs::remove_file(path(&self.folder, sequence)).is_err() {
                self.closed.push((sequence, 0));
            }
            return Err(error);
        }
        self.current = Some(LogFile { file, sequence, records: 0, newest: 0 });
        Ok(())
    }

    fn close_file(&mut self) {
        self.closed.extend(self.current.take().map(|file| (file.sequence, file.newest)));
    }

    /// Removes the files in which nothing counts any more. One that cannot be removed is tried again later.
    /// What they held is remembered as everything up to its newest code, on disk before they go: the clock
    /// may be wrong.
    fn remove_old(&mut self, now: u64) {
        let over = self.closed.iter().map(|(_, newest)| *newest);
        let Some(newest) = over.filter(|newest| !is_live(*newest, now)).max() else { return };
        if self.note_forgotten(newest).is_err() {
            return;
        }
        let folder = &self.folder;
        self.closed.retain(|(sequence, newest)| {
            is_live(*newest, now) || fs::remove_file(path(folder, *sequence)).is_err()
        });
    }

    /// Keeps on disk that codes up to this one may have been used.
    fn note_forgotten(&mut self, newest: u64) -> Result<(), VerifierError> {
        if newest > self.forgotten_to.get() {
            self.forgotten_to.keep(newest).map_err(VerifierError::Write)?;
        }
        Ok(())
    }
}

impl LogFile {
    fn append(&mut self, batch: &[Entry]) -> std::io::Result<()> {
        for entry in batch {
            self.newest = self.newest.max(entry.key.iat);
        }
        self.file.write_all(&log::encode_batch(self.sequence, self.records, batch))?;
        self.file.sync_data()?;
        self.records += batch.len() as u64;
        Ok(())
    }
}

fn path(folder: &Path, sequence: u64) -> PathBuf {
    folder.join(format!("{sequence:016x}.{EXTENSION}"))
}

fn sequences(folder: &Path) -> Result<Vec<u64>, VerifierError> {
    let mut sequences = Vec::new();
    for entry in fs::read_dir(folder).map_err(VerifierError::Read)? {
        let path = entry.map_err(VerifierError::Read)?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let sequence = u64::from_str_radix(name, 16).ok().filter(|_| name.len() == 16);
            let sequence = sequence.filter(|sequence| *sequence < u64::MAX);
            sequences.push(sequence.ok_or_else(|| VerifierError::ReplayForeign(name.to_owned()))?);
        }
    }
    sequences.sort_unstable();
    Ok(sequences)
}

/// `room` is for the file's bytes: one after the other is read into it.
fn read_file(folder: &Path, sequence: u64, room: &mut Vec<u8>) -> Result<Decoded, VerifierError> {
    let name = format!("{sequence:016x}");
    let mut file = File::open(path(folder, sequence)).map_err(VerifierError::Read)?;
    if file.metadata().map_err(VerifierError::Read)?.len() > log::MAX_FILE as u64 {
        return Err(VerifierError::ReplayForeign(name));
    }
    room.clear();
    file.read_to_end(room).map_err(VerifierError::Read)?;
    log::decode(sequence, room).map_err(|fault| match fault {
        LogFault::Foreign => VerifierError::ReplayForeign(name),
        LogFault::Damaged => VerifierError::ReplayDamaged(name),
    })
}

#[cfg(test)]
#[path = "durable_tests.rs"]
mod tests;
