//! One group as a record of the log. It begins at a block of its own, so that no write touches what an earlier one has left there.

use xxhash_rust::xxh3::Xxh3;

use super::super::group::Group;
use super::super::records::{RowReader, RowWriter};

/// Disks and file systems write no less at once, and what fails half-way harms no neighbour.
pub(super) const BLOCK: usize = 4096;
/// What a record begins with. Its last byte counts versions of this form.
const MAGIC: [u8; 8] = *b"szidlog\x01";
/// Magic, register, number, length, checksum.
const HEADER: usize = 8 + 16 + 8 + 4 + 8;

/// Which register a log belongs to.
pub(in super::super) type RegisterId = [u8; 16];

/// What is at a block of a log.
pub(super) enum Found<'a> {
    /// A whole record: its number, its body, and how many blocks it takes.
    Record { number: u64, body: &'a [u8], blocks: usize },
    /// The record of another register.
    Foreign,
    /// Zeros, the middle of a record, or one that was not written to its end.
    Nothing,
}

/// The record's bytes, filled up to whole blocks.
pub(super) fn encode(register: &RegisterId, number: u64, group: &Group) -> Vec<u8> {
    let mut row = RowWriter::over([0; HEADER].to_vec());
    group.write(&mut row);
    let mut record = row.finish();
    // Groups are bounded far below 4 GiB.
    let length = u32::try_from(record.len() - HEADER).unwrap_or(u32::MAX);
    let mut header = RowWriter::over(Vec::with_capacity(HEADER));
    header.array(&MAGIC);
    header.array(register);
    header.number(number);
    header.array(&length.to_be_bytes());
    header.number(checksum(register, number, &record[HEADER..]));
    record[..HEADER].copy_from_slice(&header.finish());
    record.resize(record.len().next_multiple_of(BLOCK), 0);
    record
}

/// What lies at the start of `blocks`.
pub(super) fn find<'a>(register: &RegisterId, blocks: &'a [u8]) -> Found<'a> {
    read(register, blocks).unwrap_or(Found::Nothing)
}

fn read<'a>(register: &RegisterId, blocks: &'a [u8]) -> Option<Found<'a>> {
    let (header, rest) = blocks.split_at_checked(HEADER)?;
    let mut header = RowReader::over(header);
    if header.array()? != MAGIC {
        return None;
    }
    let named: RegisterId = header.array()?;
    let number = header.number()?;
    let body = rest.get(..usize::try_from(u32::from_be_bytes(header.array()?)).ok()?)?;
    if header.number()? != checksum(&named, number, body) {
        return None;
    }
    if named != *register {
        return Some(Found::Foreign);
    }
    Some(Found::Record { number, body, blocks: (HEADER + body.len()).div_ceil(BLOCK) })
}

fn checksum(register: &RegisterId, number: u64, body: &[u8]) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(register);
    hash.update(&number.to_be_bytes());
    hash.update(body);
    hash.digest()
}
