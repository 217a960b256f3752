//! The digits that a citizen code is shown as: `0755`, one version digit, then bytes as groups of digits.
//!
//! Seven bytes become seventeen digits (2^56 < 10^17, so a 64-bit integer is enough in every language); the
//! last one to six bytes become 3, 5, 8, 10, 13 or 15 digits. Decoding is strict: one text for one byte
//! string.

use crate::reason::Reason;

/// What every citizen code starts with: Shenzhen's dialling code.
pub const PREFIX: &str = "0755";
/// The version digit of profile 1.
pub const VERSION: u8 = b'1';
/// Stands in the place of the version digit in venue codes, which phones read: no version of the citizen code
/// has it.
pub const VENUE: u8 = b'0';
/// The longest byte string that has a text form here. Longer than any code of profile 1
/// ([`MAX_CODE_BYTES`](crate::code::MAX_CODE_BYTES)), so that a longer code of a later version is told as
/// such.
pub const MAX_BYTES: usize = 420;

const GROUP_BYTES: usize = 7;
/// Digits of a group of 0 to 7 bytes.
const GROUP_DIGITS: [usize; 8] = [0, 3, 5, 8, 10, 13, 15, 17];

/// The length of the text form of `bytes` bytes, prefix and version digit included.
pub const fn text_length(bytes: usize) -> usize {
    PREFIX.len()
        + 1
        + bytes / GROUP_BYTES * GROUP_DIGITS[GROUP_BYTES]
        + GROUP_DIGITS[bytes % GROUP_BYTES]
}

/// Writes bytes as the digits of a profile 1 code.
pub fn encode(bytes: &[u8]) -> String {
    encode_kind(VERSION, bytes)
}

/// The same with another digit in the place of the version.
pub(crate) fn encode_kind(kind: u8, bytes: &[u8]) -> String {
    let mut text = String::with_capacity(text_length(bytes.len()));
    text.push_str(PREFIX);
    text.push(kind as char);
    for group in bytes.chunks(GROUP_BYTES) {
        let mut value = group.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        let mut digits = [b'0'; 17];
        let digits = &mut digits[..GROUP_DIGITS[group.len()]];
        for digit in digits.iter_mut().rev() {
            *digit += (value % 10) as u8;
            value /= 10;
        }
        text.extend(digits.iter().map(|digit| *digit as char));
    }
    text
}

/// Reads the bytes of a profile 1 code. The text must hold digits only: venues strip what scanners add before
/// this.
///
/// # Errors
/// `NOT_A_CITIZEN_CODE` for another start or a venue code, `VERSION_UNKNOWN` for another version digit,
/// `TEXT_TOO_LONG`, `TEXT_CHARACTER`, `TEXT_LENGTH` and `TEXT_GROUP` for what their names say.
pub fn decode(text: &str) -> Result<Vec<u8>, Reason> {
    decode_kind(VERSION, text)
}

/// The same with another digit in the place of the version.
pub(crate) fn decode_kind(kind: u8, text: &str) -> Result<Vec<u8>, Reason> {
    let rest = text.strip_prefix(PREFIX).ok_or(Reason::NotACitizenCode)?.as_bytes();
    if text.len() > text_length(MAX_BYTES) {
        return Err(Reason::TextTooLong);
    }
    if !rest.iter().all(u8::is_ascii_digit) {
        return Err(Reason::TextCharacter);
    }
    let (version, digits) = rest.split_first().ok_or(Reason::TextLength)?;
    if *version != kind {
        return Err(if *version == VENUE {
            Reason::NotACitizenCode
        } else {
            Reason::VersionUnknown
        });
    }
    let last = digits.len() % GROUP_DIGITS[GROUP_BYTES];
    if !GROUP_DIGITS[..GROUP_BYTES].contains(&last) || digits.is_empty() {
        return Err(Reason::TextLength);
    }
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    for group in digits.chunks(GROUP_DIGITS[GROUP_BYTES]) {
        let length = GROUP_DIGITS
            .iter()
            .position(|digits| *digits == group.len())
            .ok_or(Reason::TextLength)?;
        let value = group.iter().fold(0u64, |value, digit| value * 10 + u64::from(digit - b'0'));
        if value >> (8 * length) != 0 {
            return Err(Reason::TextGroup);
        }
        bytes.extend(&value.to_be_bytes()[8 - length..]);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frozen_examples() {
        assert_eq!(encode(&[]), "07551");
        assert_eq!(encode(&[0xff]), "07551255");
        assert_eq!(encode(&[0, 1]), "0755100001");
        assert_eq!(encode(&[0xff; 7]), "0755172057594037927935");
        assert_eq!(encode(&[1, 2, 3, 4, 5, 6, 7, 8]), "0755100283686952306183008");
        assert_eq!(text_length(246), 603);
    }

    #[test]
    fn each_fault_has_its_own_reason() {
        for (text, reason) in [
            ("", Reason::NotACitizenCode),
            ("0756123", Reason::NotACitizenCode),
            ("0755", Reason::TextLength),
            ("07551", Reason::TextLength),
            ("0755112", Reason::TextLength),
            ("075511234", Reason::TextLength),
            ("07550123", Reason::NotACitizenCode),
            ("07552123", Reason::VersionUnknown),
            ("0755112a", Reason::TextCharacter),
            ("07551１23", Reason::TextCharacter),
            ("07551256", Reason::TextGroup),
            ("0755165536", Reason::TextGroup),
            ("0755172057594037927936", Reason::TextGroup),
            ("0755199999999999999999", Reason::TextGroup),
        ] {
            assert_eq!(decode(text), Err(reason), "{text}");
        }
        let long = format!("07551{}", "0".repeat(text_length(MAX_BYTES)));
        assert_eq!(decode(&long), Err(Reason::TextTooLong));
    }

    proptest! {
        #[test]
        fn one_text_for_one_byte_string(bytes in proptest::collection::vec(any::<u8>(), 1..=MAX_BYTES)) {
            let text = encode(&bytes);
            prop_assert_eq!(text.len(), text_length(bytes.len()));
            prop_assert_eq!(decode(&text).unwrap(), bytes);
        }

        #[test]
        fn accepted_text_is_the_only_one(text in "07551[0-9]{1,80}") {
            if let Ok(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
