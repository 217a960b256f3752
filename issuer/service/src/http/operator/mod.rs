//! For the operators of a venue: its devices, its scans, and the requests that take two of them.

pub(super) mod devices;
pub(super) mod export;
pub(super) mod requests;
pub(super) mod scans;
pub(super) mod session;
pub(super) mod times;

use data_encoding::BASE64URL_NOPAD;

/// Bytes of a fixed length out of an address or a query.
pub(super) fn read_bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    // Longer text is not even decoded.
    if text.len() > N * 2 {
        return None;
    }
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()
}
