//! What scanners really send: a keyboard wedge adds line ends, tabs and prefixes, and passes through whatever
//! input method is on; a serial one may send no line end at all.

use szid_protocol::digits;
use szid_protocol::number::ShortNumber;
use szid_protocol::reason::Reason;

/// The most input that is looked at, bytes. Far more than two codes and all that a wedge may add.
pub const MAX_INPUT: usize = 4096;
/// The longest prefix or suffix of a scanner, bytes. Those that scanners can be set to are a few characters.
pub const MAX_FRAME: usize = 16;
/// What a code of this version starts with.
const START: &str = "07551";

/// How this venue's scanner is set up.
#[derive(Clone, Debug, Default)]
pub struct Scanner {
    /// What the scanner puts before each scan.
    pub prefix: String,
    /// What the scanner puts after each scan.
    pub suffix: String,
}

impl Scanner {
    /// Finds the code in one scan: strips white space, control characters, the byte order mark, a symbology
    /// identifier (`]Q1`), the configured prefix and suffix, and maps full-width digits to ASCII. Around a
    /// code that has the length that it states, up to [`MAX_FRAME`] printable ASCII characters are a
    /// scanner's own on either side, unless the first behind it is a digit: scanners come with a prefix that
    /// nobody has configured here.
    ///
    /// # Errors
    /// `TEXT_TOO_LONG` for two codes at once, `TEXT_LENGTH` for a part of a code and for one with digits
    /// around it, `TEXT_CHARACTER` for a code with other characters in or around it, `NUMBER_NOT_HERE` for a
    /// short number, which only the service takes, and `NOT_A_CITIZEN_CODE` for anything else. A misread
    /// digit is for the verification to find.
    pub fn read(&self, scanned: &str) -> Result<String, Reason> {
        if scanned.len() > MAX_INPUT {
            return Err(Reason::TextTooLong);
        }
        // Before anything is taken off by its configuration: a code may end with the digits of the suffix.
        if let Some(code) = without_frame(trim(scanned)) {
            return Ok(code.to_owned());
        }
        let text = self.strip(scanned);
        // Most scans hold nothing else by now.
        let is_clean = text.bytes().all(|letter| letter.is_ascii_digit());
        let code: String = if is_clean {
            text.to_owned()
        } else {
            text.chars().filter(|letter| !is_noise(*letter)).map(to_ascii_digit).collect()
        };
        if let Some(whole) = without_frame(&code) {
            return Ok(whole.to_owned());
        }
        if !code.starts_with(digits::PREFIX) {
            return Err(if holds_a_code(&code) {
                let is_clean = code.bytes().all(|letter| letter.is_ascii_digit());
                if is_clean { Reason::TextLength } else { Reason::TextCharacter }
            } else if ShortNumber::read(&code).is_some() {
                Reason::NumberNotHere
            } else {
                Reason::NotACitizenCode
            });
        }
        if !code.bytes().all(|letter| letter.is_ascii_digit()) {
            return Err(Reason::TextCharacter);
        }
        if code.len() > digits::text_length(digits::MAX_BYTES) {
            return Err(Reason::TextTooLong);
        }
        if is_part(&code) { Err(Reason::TextLength) } else { Ok(code) }
    }

    /// The symbology identifier stands on either side of the configured prefix, as the scanner has it.
    fn strip<'a>(&self, scanned: &'a str) -> &'a str {
        let (prefix, suffix) = (trim(&self.prefix), trim(&self.suffix));
        let mut text = strip_symbology(trim(scanned));
        text = trim(text.strip_prefix(prefix).unwrap_or(text));
        text = trim(text.strip_suffix(suffix).unwrap_or(text));
        strip_symbology(text)
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches(is_noise)
}

fn is_noise(letter: char) -> bool {
    // Zero-width characters and marks of direction, which rich-text fields add, are neither white space nor
    // control.
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}')
}

/// AIM symbology identifiers are `]`, a letter and a digit; QR codes have `Q`.
fn strip_symbology(text: &str) -> &str {
    match text.as_bytes() {
        [b']', letter, digit, ..] if letter.is_ascii_alphabetic() && digit.is_ascii_digit() => {
            &text[3..]
        }
        _ => text,
    }
}

fn to_ascii_digit(letter: char) -> char {
    match u32::from(letter).checked_sub(0xff10).and_then(|digit| char::from_digit(digit, 10)) {
        Some(digit) => digit,
        None => letter,
    }
}

/// Where the first whole code ends in what a scanner has sent so far, bytes: a code states its length, so
/// that a scanner need not send a line end.
pub fn end_of_code(sent: &[u8]) -> Option<usize> {
    let start = sent.windows(START.len()).position(|part| part == START.as_bytes())?;
    let run = sent[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let code = whole_code(std::str::from_utf8(&sent[start..start + run]).ok()?)?;
    Some(start + code.len())
}

/// The code of the length that it states at the start of a text.
fn whole_code(text: &str) -> Option<&str> {
    let stated = stated_length(text).filter(|stated| *stated <= digits::MAX_BYTES)?;
    let code = text.get(..digits::text_length(stated))?;
    code.bytes().all(|letter| letter.is_ascii_digit()).then_some(code)
}

/// The whole code in a text that holds nothing else but what a scanner may put around it.
fn without_frame(text: &str) -> Option<&str> {
    let (before, rest) = text.split_at(text.find(START)?);
    let code = whole_code(rest)?;
    let after = &rest[code.len()..];
    let is_frame = |part: &str| {
        part.len() <= MAX_FRAME && part.bytes().all(|letter| letter.is_ascii_graphic())
    };
    // More digits behind it are a second code, or none of this one's making.
    let ends = !after.starts_with(|letter: char| letter.is_ascii_digit());
    (is_frame(before) && is_frame(after) && ends).then_some(code)
}

/// True for text with something before what is plainly a code: its start, and more digits than any other
/// number has.
fn holds_a_code(text: &str) -> bool {
    const MANY: usize = 200;
    text.contains(digits::PREFIX)
        && text.bytes().filter(|letter| letter.is_ascii_digit()).count() > MANY
}

/// True when the lengths that a code states for its parts are not the text's: it was cut, or something was
/// added. A cut between two groups of digits reads well otherwise, and would be called malformed instead of
/// incomplete.
fn is_part(code: &str) -> bool {
    stated_length(code).is_some_and(|stated| digits::text_length(stated) != code.len())
}

/// The bytes that a code of this version has by its own account: `[bstr, {}, bstr, bstr(64)]`. `None` when
/// that account is not there, or is none.
fn stated_length(code: &str) -> Option<usize> {
    const ARRAY_OF_4: u8 = 0x84;
    const EMPTY_MAP: u8 = 0xa0;
    const SIGNATURE: usize = 2 + 64;
    if byte_at(code, 0)? != ARRAY_OF_4 {
        return None;
    }
    let unprotected = skip_bytes(code, 1)?;
    let payload = unprotected + 1;
    match (byte_at(code, unprotected), byte_at(code, payload)) {
        (Some(byte), _) if byte != EMPTY_MAP => None,
        // Beyond the cut nothing can be read, but it has to be there.
        (_, None) => Some(payload + 1 + SIGNATURE),
        (_, Some(_)) => skip_bytes(code, payload).map(|signature| signature + SIGNATURE),
    }
}

/// Where the byte string that begins at `at` ends.
fn skip_bytes(code: &str, at: usize) -> Option<usize> {
    match byte_at(code, at)? {
        short @ 0x40..=0x57 => Some(at + 1 + usize::from(short - 0x40)),
        0x58 => Some(at + 2 + usize::from(byte_at(code, at + 1)?)),
        0x59 => {
            let length = [byte_at(code, at + 1)?, byte_at(code, at + 2)?];
            Some(at + 3 + usize::from(u16::from_be_bytes(length)))
        }
        _ => None,
    }
}

/// One byte of the code, out of its group of digits.
fn byte_at(code: &str, at: usize) -> Option<u8> {
    const GROUP_BYTES: usize = 7;
    const GROUP_DIGITS: usize = 17;
    let body = code.get(digits::PREFIX.len()..)?.strip_prefix(char::from(digits::VERSION))?;
    let start = at / GROUP_BYTES * GROUP_DIGITS;
    let group: u64 = body.get(start..start + GROUP_DIGITS)?.parse().ok()?;
    Some(group.to_be_bytes()[1 + at % GROUP_BYTES])
}

#[cfg(test)]
#[path = "scanner_tests.rs"]
mod tests;
