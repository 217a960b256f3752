//! The form of a replay log file. Fixed-size records; each names the first record of the batch it was written
//! with.
//!
//! A batch is written only after the one before it is durable. So whatever a power cut tears lies in the last
//! batch, which nobody was answered for, and a damaged record before that is damage: the file is not used.
//!
//! ```text
//! header: magic 8 | sequence 8 | check 8
//! record: device 16 | iat 8 | operator 8 | first record of the batch 8 | check 8      integers are big-endian
//! check:  first 8 bytes of SHA-256(sequence | index, 2^64 - 1 for the header | the bytes before the check)
//! ```

use sha2::{Digest, Sha256};
use szid_protocol::verify::ReplayKey;

use super::memory::OperatorDigest;

const MAGIC: &[u8; 8] = b"SZREPL01";
const CHECK: usize = 8;
pub(super) const HEADER: usize = 24;
pub(super) const RECORD: usize = 48;
/// The most records of one batch, so that a torn end is short.
pub(super) const MAX_BATCH: usize = 256;
/// A file is followed by the next one after this many records (3 MiB).
pub(super) const MAX_RECORDS: usize = 65_536;
/// The longest file there can be.
pub(super) const MAX_FILE: usize = HEADER + (MAX_RECORDS + MAX_BATCH) * RECORD;

/// One remembered use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: ReplayKey,
    pub(super) operator: OperatorDigest,
}

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) entries: Vec<Entry>,
    /// Bytes of a last batch that was never answered for.
    pub(super) torn: usize,
}

/// Why a file is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogFault {
    /// It is no log of this format, or not the one of this name.
    Foreign,
    /// A record before the last batch is damaged.
    Damaged,
}

pub(super) fn encode_header(sequence: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER);
    bytes.extend(MAGIC);
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(check(sequence, u64::MAX, &bytes));
    bytes
}

/// The bytes of a batch whose first record has the index `first`.
pub(super) fn encode_batch(sequence: u64, first: u64, batch: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(batch.len() * RECORD);
    for (index, entry) in (first..).zip(batch) {
        let start = bytes.len();
        bytes.extend(entry.key.device);
        bytes.extend(entry.key.iat.to_be_bytes());
        bytes.extend(entry.operator);
        bytes.extend(first.to_be_bytes());
        bytes.extend(check(sequence, index, &bytes[start..]));
    }
    bytes
}

/// Reads a whole file. A file shorter than its header was never used: it is empty with a torn end.
pub(super) fn decode(sequence: u64, bytes: &[u8]) -> Result<Decoded, LogFault> {
    if bytes.len() > MAX_FILE {
        return Err(LogFault::Foreign);
    }
    let header = encode_header(sequence);
    let Some((found, body)) = bytes.split_at_checked(HEADER) else {
        return Ok(Decoded { entries: Vec::new(), torn: bytes.len() });
    };
    if found != header {
        // The header is durable before the first record is written, so a torn one has nothing behind it.
        let is_torn = body.is_empty() && found.iter().zip(&header).all(|(f, h)| f == h || *f == 0);
        return if is_torn {
            Ok(Decoded { entries: Vec::new(), torn: bytes.len() })
        } else {
            Err(LogFault::Foreign)
        };
    }
    let slots = body.chunks(RECORD);
    let count = slots.len();
    let mut entries = Vec::with_capacity(count);
    let (mut first_bad, mut after_last, mut last_batch) = (None, 0, None);
    for (index, slot) in slots.enumerate() {
        match decode_record(sequence, index as u64, slot) {
            Some((entry, first)) => {
                entries.push(entry);
                (after_last, last_batch) = (index + 1, Some(first));
            }
            None => {
                first_bad.get_or_insert(index);
            }
        }
    }
    let Some(first_bad) = first_bad else { return Ok(Decoded { entries, torn: 0 }) };
    let is_in_last = last_batch.is_some_and(|first| first_bad as u64 >= first);
    let is_short = count - first_bad <= MAX_BATCH;
    if !(is_short && (is_in_last || first_bad >= after_last)) {
        return Err(LogFault::Damaged);
    }
    let torn = body.len() - entries.len() * RECORD;
    Ok(Decoded { entries, torn })
}

fn decode_record(sequence: u64, index: u64, slot: &[u8]) -> Option<(Entry, u64)> {
    let (content, found) = slot.split_last_chunk::<CHECK>()?;
    if content.len() != RECORD - CHECK || check(sequence, index, content) != *found {
        return None;
    }
    let (device, rest) = content.split_first_chunk()?;
    let (iat, rest) = rest.split_first_chunk()?;
    let (operator, rest) = rest.split_first_chunk()?;
    let key = ReplayKey { device: *device, iat: u64::from_be_bytes(*iat) };
    let first = u64::from_be_bytes(rest.try_into().ok()?);
    Some((Entry { key, operator: *operator }, first))
}

/// Bound to the place, so that a record that belongs elsewhere is none.
fn check(sequence: u64, index: u64, content: &[u8]) -> [u8; CHECK] {
    let digest = Sha256::new()
        .chain_update(sequence.to_be_bytes())
        .chain_update(index.to_be_bytes())
        .chain_update(content)
        .finalize();
    let mut check = [0; CHECK];
    check.copy_from_slice(&digest[..CHECK]);
    check
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
