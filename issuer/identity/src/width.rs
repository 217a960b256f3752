//! Letters and digits as a Chinese input method writes them.

/// An ASCII letter, digit or mark in its one form, full width or not; nothing for white space and all else.
pub(super) fn to_ascii(letter: char) -> Option<char> {
    match u32::from(letter) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0),
        0x21..=0x7e => Some(letter),
        _ => None,
    }
}
