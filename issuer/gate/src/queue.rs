//! Receipts that wait for their upload: on disk before the verdict is answered, in order, until the service
//! has them.
//!
//! ```text
//! receipts-<first number>.log   frames, one a receipt: length 4 | check 8 | the signed bytes       integers are big-endian
//! uploaded.number               the number of the last receipt that the service has, kept in place
//! check: first 8 bytes of SHA-256(number | the signed bytes)
//! ```
//! One frame is durable before the next is written, so that a kill or a power cut tears the last one only,
//! which nobody was answered for. Where numbers are left out, since others are known to be used, a new file
//! begins.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use szid_protocol::reason::Text;
use szid_protocol::receipt::MAX_BYTES;
use szid_verifier::KeptNumber;

const FRAME: usize = 12;
/// Receipts of one file; whole files go once all of theirs are uploaded.
const PER_FILE: u64 = 4096;
/// The largest file there can be.
const MAX_FILE: u64 = PER_FILE * (FRAME + MAX_BYTES) as u64;
const CURSOR: &str = "uploaded.number";
/// What it was while each change of it needed room: the number 8 | check 8.
const CURSOR_BEFORE: &str = "uploaded";
const LOCK: &str = "lock";

/// Why the queue cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// Another gate works on this folder.
    #[error("another gate uses this folder")]
    InUse,
    /// The disk does not take or give what it should.
    #[error("the disk failed: {0}")]
    Disk(#[from] io::Error),
    /// A file was changed by something else than a kill or a power cut.
    #[error("the receipts in {0} are damaged")]
    Damaged(PathBuf),
    /// The receipt could not be made.
    #[error("the receipt could not be signed")]
    Sign,
}

impl QueueError {
    /// What to do.
    pub const fn advice(&self) -> Text {
        let (zh, en) = match self {
            Self::InUse => ("另一闸机进程正在使用此目录：请先停止该进程", "stop it first"),
            Self::Disk(_) => {
                ("磁盘出错：请检查磁盘空间和权限", "check the disk's room and its rights")
            }
            Self::Damaged(_) => (
                "回执文件已损坏：请将闸机目录移走保存并上报，再用空目录启动",
                "move the gate's folder away, keep it, report it, and begin with an empty one",
            ),
            Self::Sign => ("无法签署回执：请检查密钥文件", "check the key file"),
        };
        Text { zh, en }
    }
}

/// The queue in a folder of its own.
pub struct ReceiptQueue {
    folder: PathBuf,
    state: Mutex<State>,
    _lock: File,
}

struct State {
    /// The number that the next receipt gets.
    next: u64,
    /// The last one that the service has.
    uploaded: KeptNumber,
    /// The files, in order.
    files: Vec<Span>,
    /// The file that is written, and its length.
    current: Option<(File, u64)>,
}

/// The numbers in a file.
#[derive(Clone, Copy)]
struct Span {
    first: u64,
    /// The number after the last one.
    end: u64,
}

impl State {
    fn waiting(&self) -> u64 {
        let waiting =
            |span: &Span| span.end.saturating_sub(span.first.max(self.uploaded.get() + 1));
        self.files.iter().map(waiting).sum()
    }
}

impl ReceiptQueue {
    /// Opens the queue, or makes it. A torn last frame is cut off.
    ///
    /// # Errors
    /// [`QueueError`].
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, QueueError> {
        let folder = folder.into();
        fs::create_dir_all(&folder)?;
        let lock = File::create(folder.join(LOCK))?;
        lock.try_lock().map_err(|_| QueueError::InUse)?;
        let uploaded = open_cursor(&folder)?;
        let numbers = file_numbers(&folder)?;
        let mut files = Vec::with_capacity(numbers.len());
        for pair in numbers.windows(2) {
            let [first, after] = [pair[0], pair[1]];
            // A file that is followed at once is full.
            let end = if after - first == PER_FILE {
                after
            } else {
                first + read_file(&path_of(&folder, first), first)?.0.len() as u64
            };
            files.push(Span { first, end });
        }
        let mut next = uploaded.get() + 1;
        let mut current = None;
        if let Some(&first) = numbers.last() {
            let path = path_of(&folder, first);
            let (frames, whole) = read_file(&path, first)?;
            let file = OpenOptions::new().append(true).open(&path)?;
            if file.metadata()?.len() > whole {
                file.set_len(whole)?;
                file.sync_all()?;
            }
            let end = first + frames.len() as u64;
            files.push(Span { first, end });
            // After a lost cursor the files know better, and after lost files the cursor.
            if next <= end {
                next = end;
                current = Some((file, whole));
            }
        }
        let state = Mutex::new(State { next, uploaded, files, current });
        Ok(Self { folder, state, _lock: lock })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the receipt of the next number and keeps it; it is on disk on return, or its number is not used.
    ///
    /// # Errors
    /// [`QueueError`].
    pub fn append(&self, make: impl FnOnce(u64) -> Option<Vec<u8>>) -> Result<u64, QueueError> {
        let mut state = self.state();
        let number = state.next;
        let receipt = make(number).filter(|receipt| receipt.len() <= MAX_BYTES);
        let receipt = receipt.ok_or(QueueError::Sign)?;
        let frame = encode(number, &receipt);
        let (mut file, length) = match state.current.take() {
            Some(current)
                if state.files.last().is_some_and(|span| number - span.first < PER_FILE) =>
            {
                current
            }
            _ => (begin_file(&self.folder, &mut state, number)?, 0),
        };
        let written = file.write_all(&frame).and_then(|()| file.sync_data());
        if let Err(error) = written {
            // What was half written must not stand before the next frame.
            if file.set_len(length).and_then(|()| file.sync_data()).is_ok() {
                state.current = Some((file, length));
            }
            return Err(error.into());
        }
        state.current = Some((file, length + frame.len() as u64));
        state.next += 1;
        if let Some(span) = state.files.last_mut() {
            span.end = number + 1;
        }
        Ok(number)
    }

    /// How many wait.
    pub fn waiting(&self) -> u64 {
        self.state().waiting()
    }

    /// The last number that the service has, and the next one that is given.
    pub fn numbers(&self) -> (u64, u64) {
        let state = self.state();
        (state.uploaded.get(), state.next)
    }

    /// The oldest that wait, with their numbers and in order, at most so many.
    ///
    /// # Errors
    /// [`QueueError`].
    pub fn oldest(&self, most: usize) -> Result<Vec<(u64, Vec<u8>)>, QueueError> {
        let (first_wanted, files) = {
            let state = self.state();
            (state.uploaded.get() + 1, state.files.clone())
        };
        let mut found = Vec::new();
        for Span { first, end } in files {
            if end <= first_wanted || found.len() >= most {
                continue;
            }
            let (frames, _) = read_file(&path_of(&self.folder, first), first)?;
            let wanted =
                (first..).zip(frames).filter(|(number, _)| (first_wanted..end).contains(number));
            found.extend(wanted.take(most - found.len()));
        }
        Ok(found)
    }

    /// A receipt that is still here, uploaded or not.
    ///
    /// # Errors
    /// [`QueueError`].
    pub fn find(&self, number: u64) -> Result<Option<Vec<u8>>, QueueError> {
        let files = self.state().files.clone();
        let Some(span) = files.iter().rev().find(|span| (span.first..span.end).contains(&number))
        else {
            return Ok(None);
        };
        let (frames, _) = read_file(&path_of(&self.folder, span.first), span.first)?;
        let place = usize::try_from(number - span.first).unwrap_or(usize::MAX);
        Ok(frames.into_iter().nth(place))
    }

    /// Gives no number up to this one any more: others have been used for other receipts. On disk on return.
    ///
    /// # Errors
    /// [`QueueError::Disk`].
    pub fn skip(&self, through: u64) -> Result<(), QueueError> {
        let mut state = self.state();
        let Some(next) = through.checked_add(1).filter(|next| *next > state.next) else {
            return Ok(());
        };
        let file = begin_file(&self.folder, &mut state, next)?;
        state.current = Some((file, 0));
        state.next = next;
        Ok(())
    }

    /// Lets everything after a number wait again, as far as it is still here: the service has lost it.
    ///
    /// # Errors
    /// [`QueueError::Disk`].
    pub fn set_back(&self, last: u64) -> Result<(), QueueError> {
        let mut state = self.state();
        let first = state.files.first().map_or(state.next, |span| span.first);
        let uploaded = last.max(first.saturating_sub(1)).min(state.uploaded.get());
        Ok(state.uploaded.keep(uploaded)?)
    }

    /// Notes that the service has everything up to a number, and lets files go that hold nothing else.
    /// Returns how many of those that waited it has now.
    ///
    /// # Errors
    /// [`QueueError::Disk`]: the same receipts are uploaded again then, which changes nothing.
    pub fn uploaded(&self, last: u64) -> Result<u64, QueueError> {
        let mut state = self.state();
        let last = last.min(state.next - 1);
        if last <= state.uploaded.get() {
            return Ok(0);
        }
        let before = state.waiting();
        state.uploaded.keep(last)?;
        while state.files.len() > 1 && state.files[0].end <= last + 1 {
            fs::remove_file(path_of(&self.folder, state.files[0].first))?;
            state.files.remove(0);
        }
        Ok(before - state.waiting())
    }

    /// Lets the file go that is being written, where the service has all of it: on a full disk its room is
    /// worth more than what it tells.
    ///
    /// # Errors
    /// [`QueueError::Disk`].
    pub fn let_go(&self) -> Result<(), QueueError> {
        let mut state = self.state();
        let Some(Span { first, end }) = state.files.last().copied() else { return Ok(()) };
        let is_uploaded = state.waiting() == 0 && state.uploaded.get() + 1 == state.next;
        // Without a cursor on disk the file alone tells which numbers are used.
        if first < end && is_uploaded && state.uploaded.is_on_disk() {
            fs::remove_file(path_of(&self.folder, first))?;
            state.files.pop();
            state.current = None;
        }
        Ok(())
    }
}

/// A new file for receipts from a number on.
fn begin_file(folder: &Path, state: &mut State, first: u64) -> Result<File, QueueError> {
    let file = new_file(folder, first)?;
    // After a write that could not be undone it is there already.
    if state.files.last().is_none_or(|span| span.first != first) {
        state.files.push(Span { first, end: first });
    }
    Ok(file)
}

fn check(number: u64, receipt: &[u8]) -> [u8; 8] {
    let digest = Sha256::new().chain_update(number.to_be_bytes()).chain_update(receipt).finalize();
    let mut check = [0; 8];
    check.copy_from_slice(&digest[..8]);
    check
}

fn encode(number: u64, receipt: &[u8]) -> Vec<u8> {
    // Receipts are bounded far below 4 GiB.
    let length = u32::try_from(receipt.len()).unwrap_or(u32::MAX);
    [length.to_be_bytes().as_slice(), &check(number, receipt), receipt].concat()
}

fn decode(number: u64, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (found, rest) = rest.split_first_chunk::<8>()?;
    let (receipt, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    (check(number, receipt) == *found).then_some((receipt, rest))
}

/// The receipts of a file, and the length of what is whole of it.
fn read_file(path: &Path, first: u64) -> Result<(Vec<Vec<u8>>, u64), QueueError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE).read_to_end(&mut bytes)?;
    let (mut frames, mut rest) = (Vec::new(), bytes.as_slice());
    while let Some((receipt, after)) = decode(first + frames.len() as u64, rest) {
        frames.push(receipt.to_vec());
        rest = after;
    }
    // More than one frame is not what a kill or a power cut leaves.
    if rest.len() > FRAME + MAX_BYTES {
        return Err(QueueError::Damaged(path.to_owned()));
    }
    Ok((frames, (bytes.len() - rest.len()) as u64))
}

fn path_of(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("receipts-{first:020}.log"))
}

fn file_numbers(folder: &Path) -> Result<Vec<u64>, QueueError> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| {
            name.strip_prefix("receipts-")?.strip_suffix(".log")?.parse::<u64>().ok()
        });
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn new_file(folder: &Path, first: u64) -> Result<File, QueueError> {
    let path = path_of(folder, first);
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    // What is there was never answered for: the number was not used.
    file.set_len(0)?;
    sync_folder(folder)?;
    Ok(file)
}

fn open_cursor(folder: &Path) -> Result<KeptNumber, QueueError> {
    let (path, older) = (folder.join(CURSOR), folder.join(CURSOR_BEFORE));
    let cursor = match KeptNumber::open(&path, read_older(&older)?) {
        Ok(cursor) => cursor,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(QueueError::Damaged(path));
        }
        Err(error) => return Err(error.into()),
    };
    if cursor.is_on_disk() && older.exists() {
        fs::remove_file(older)?;
    }
    Ok(cursor)
}

/// The cursor that an earlier version has left.
fn read_older(path: &Path) -> Result<u64, QueueError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error.into()),
    };
    let whole = bytes.split_first_chunk::<8>().and_then(|(number, found)| {
        let number = u64::from_be_bytes(*number);
        (found == check(number, b"")).then_some(number)
    });
    whole.ok_or(QueueError::Damaged(path.to_owned()))
}

fn sync_folder(folder: &Path) -> Result<(), QueueError> {
    Ok(File::open(folder)?.sync_all()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(number: u64) -> Vec<u8> {
        format!("receipt {number}").into_bytes()
    }

    fn append(queue: &ReceiptQueue) -> u64 {
        queue.append(|number| Some(receipt(number))).unwrap()
    }

    #[test]
    fn what_was_appended_waits_in_order_until_it_is_uploaded() {
        let folder = tempfile::tempdir().unwrap();
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        assert!(matches!(ReceiptQueue::open(folder.path()), Err(QueueError::InUse)));
        assert_eq!((1..=5).map(|_| append(&queue)).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        queue.uploaded(2).unwrap();
        drop(queue);
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        assert_eq!(queue.waiting(), 3);
        assert_eq!(queue.oldest(2).unwrap(), [(3, receipt(3)), (4, receipt(4))]);
        queue.uploaded(1).unwrap();
        assert_eq!(queue.waiting(), 3, "the cursor does not go back");
        queue.uploaded(99).unwrap();
        assert_eq!((queue.waiting(), append(&queue)), (0, 6));
        assert!(matches!(queue.append(|_| None), Err(QueueError::Sign)));
        assert_eq!(append(&queue), 7, "a receipt that was not made uses no number");
    }

    #[test]
    fn whole_files_go_and_numbers_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        (0..PER_FILE + 10).for_each(|_| _ = append(&queue));
        assert_eq!(file_numbers(folder.path()).unwrap(), [1, PER_FILE + 1]);
        queue.uploaded(PER_FILE - 3).unwrap();
        let over_the_edge = queue.oldest(5).unwrap();
        assert_eq!(over_the_edge.last(), Some(&(PER_FILE + 2, receipt(PER_FILE + 2))));
        queue.uploaded(PER_FILE + 10).unwrap();
        assert_eq!(file_numbers(folder.path()).unwrap(), [PER_FILE + 1]);
        drop(queue);
        assert_eq!(append(&ReceiptQueue::open(folder.path()).unwrap()), PER_FILE + 11);
    }

    #[test]
    fn numbers_that_are_known_to_be_used_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        (0..3).for_each(|_| _ = append(&queue));
        queue.uploaded(1).unwrap();
        queue.skip(100).unwrap();
        queue.skip(50).unwrap();
        drop(queue);
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        assert_eq!((queue.waiting(), queue.numbers()), (2, (1, 101)));
        assert_eq!(append(&queue), 101);
        drop(queue);
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        let waiting: Vec<_> =
            queue.oldest(9).unwrap().into_iter().map(|(number, _)| number).collect();
        assert_eq!((queue.waiting(), waiting), (3, vec![2, 3, 101]));
        assert_eq!(queue.find(101).unwrap(), Some(receipt(101)));
        assert_eq!((queue.find(1).unwrap(), queue.find(50).unwrap()), (Some(receipt(1)), None));
        assert_eq!(queue.uploaded(3).unwrap(), 2);
        assert_eq!(queue.uploaded(101).unwrap(), 1);
        assert_eq!((queue.waiting(), append(&queue)), (0, 102));
        assert_eq!(file_numbers(folder.path()).unwrap(), [101]);
        queue.skip(u64::MAX).unwrap();
        assert_eq!(append(&queue), 103, "there is nothing beyond");
    }

    #[test]
    fn what_the_service_lost_waits_again_as_far_as_it_is_here() {
        let folder = tempfile::tempdir().unwrap();
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        (0..5).for_each(|_| _ = append(&queue));
        queue.uploaded(4).unwrap();
        queue.set_back(2).unwrap();
        assert_eq!((queue.waiting(), queue.numbers()), (3, (2, 6)));
        queue.set_back(4).unwrap();
        assert_eq!(queue.waiting(), 3, "the cursor goes back here, and nowhere else");
        drop(queue);
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        assert_eq!(queue.oldest(1).unwrap(), [(3, receipt(3))]);
    }

    #[test]
    fn after_lost_files_the_next_receipt_begins_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        (0..2).for_each(|_| _ = append(&queue));
        drop(queue);
        open_cursor(folder.path()).unwrap().keep(9).unwrap();
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        assert_eq!((append(&queue), queue.waiting()), (10, 1));
        drop(queue);
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        assert_eq!(queue.oldest(9).unwrap(), [(10, receipt(10))]);
    }

    #[test]
    fn the_cursor_of_an_earlier_version_counts_and_gives_way() {
        let folder = tempfile::tempdir().unwrap();
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        (0..3).for_each(|_| _ = append(&queue));
        drop(queue);
        fs::remove_file(folder.path().join(CURSOR)).unwrap();
        let older = [2_u64.to_be_bytes(), check(2, b"")].concat();
        fs::write(folder.path().join(CURSOR_BEFORE), older).unwrap();
        for _ in 0..2 {
            let queue = ReceiptQueue::open(folder.path()).unwrap();
            assert_eq!((queue.waiting(), queue.numbers()), (1, (2, 4)));
            assert!(!folder.path().join(CURSOR_BEFORE).exists());
        }
    }

    #[test]
    fn the_last_file_is_let_go_once_the_service_has_all_of_it_and_numbers_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        (0..3).for_each(|_| _ = append(&queue));
        queue.uploaded(2).unwrap();
        queue.let_go().unwrap();
        assert_eq!((queue.waiting(), queue.find(3).unwrap()), (1, Some(receipt(3))));
        queue.uploaded(3).unwrap();
        queue.let_go().unwrap();
        assert!(file_numbers(folder.path()).unwrap().is_empty());
        assert_eq!((queue.waiting(), append(&queue)), (0, 4));
        queue.uploaded(4).unwrap();
        queue.let_go().unwrap();
        queue.let_go().unwrap();
        drop(queue);
        assert_eq!(append(&ReceiptQueue::open(folder.path()).unwrap()), 5);
    }

    #[test]
    fn a_file_cut_anywhere_loses_the_cut_receipt_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        (0..3).for_each(|_| _ = append(&queue));
        drop(queue);
        let path = path_of(folder.path(), 1);
        let whole = fs::read(&path).unwrap();
        let frame = whole.len() / 3;
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let queue = ReceiptQueue::open(folder.path()).unwrap();
            let left = (length / frame) as u64;
            assert_eq!(queue.waiting(), left, "{length}");
            assert_eq!(append(&queue), left + 1);
            assert_eq!(queue.oldest(9).unwrap().len() as u64, left + 1);
        }
    }

    #[test]
    fn a_changed_file_is_damage_and_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let queue = ReceiptQueue::open(folder.path()).unwrap();
        (0..200).for_each(|_| _ = append(&queue));
        queue.uploaded(1).unwrap();
        drop(queue);
        let path = path_of(folder.path(), 1);
        let mut bytes = fs::read(&path).unwrap();
        bytes[30] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert!(matches!(ReceiptQueue::open(folder.path()), Err(QueueError::Damaged(_))));
        bytes[30] ^= 1;
        fs::write(&path, &bytes).unwrap();
        fs::write(folder.path().join(CURSOR), b"nonsense").unwrap();
        assert!(matches!(ReceiptQueue::open(folder.path()), Err(QueueError::Damaged(_))));
    }
}
