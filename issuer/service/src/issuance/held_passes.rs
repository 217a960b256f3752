//! The passes that a device holds, as it names them.

use data_encoding::BASE64URL_NOPAD;
use szid_register::KeyDigest;

/// The most passes that a device asks about at once.
const MAX_PASSES: usize = 32;
const PASS_BYTES: usize = 28;

/// A pass that a device holds: the end of its day, its index, and its device key's digest.
pub(crate) fn read_passes(text: &str) -> Option<Vec<(u64, u32, KeyDigest)>> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let (passes, rest) = bytes.as_chunks::<PASS_BYTES>();
    if !rest.is_empty() || passes.len() > MAX_PASSES {
        return None;
    }
    let read = |pass: &[u8; PASS_BYTES]| {
        let (exp, rest) = pass.split_first_chunk()?;
        let (index, key) = rest.split_first_chunk()?;
        let key = KeyDigest(key.try_into().ok()?);
        Some((u64::from_be_bytes(*exp), u32::from_be_bytes(*index), key))
    };
    passes.iter().map(read).collect()
}
