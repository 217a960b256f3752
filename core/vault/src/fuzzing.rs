//! One entry per decoder, for the fuzz targets. Each must take any bytes without a panic and in bounded time.

use crate::directory;
use crate::envelope::{self, Place};
use crate::header::Header;
use crate::keys::Keys;
use crate::mirror;
use crate::record::{Counter, DirectoryEntry};

fn keys() -> Keys {
    Keys::derive(&[7; 32], &[9; 16])
}

/// The key file. What decodes must encode to the same bytes.
pub fn header(bytes: &[u8]) -> bool {
    let header = Header::decode(bytes);
    header.is_ok_and(|header| {
        assert_eq!(header.encode(), bytes, "one header has one encoding");
        header.belongs_to(&keys())
    })
}

/// The envelope of an item.
pub fn envelope(bytes: &[u8]) -> bool {
    envelope::open(&keys(), &Place { key: &[1; 33], commit: 1, part: (0, 1) }, bytes).is_some()
        || directory::open_entry(&keys(), &[1; 33], bytes).is_some()
}

/// What stands inside an envelope. What decodes must encode to the same bytes.
pub fn entries(bytes: &[u8]) -> bool {
    let entry =
        DirectoryEntry::decode(bytes).inspect(|entry| assert_eq!(entry.encode().as_slice(), bytes));
    let counter = Counter::decode(bytes).inspect(|counter| assert_eq!(counter.encode(), bytes));
    entry.is_some() || counter.is_some()
}

/// The mirror. The bytes are put behind a good head, and also behind the keyed checksums of a frame.
pub fn mirror(bytes: &[u8]) -> bool {
    let keys = keys();
    let mut file = mirror::encode_head(&keys, 0).to_vec();
    file.extend_from_slice(bytes);
    let replay = mirror::replay(&keys, 0, &file);
    assert!(replay.end <= file.len().next_multiple_of(64));
    mirror::decode_any_body(bytes) || replay.complete
}
