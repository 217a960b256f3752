//! What scanners really send: a keyboard wedge adds line ends, tabs, prefixes, and passes through whatever input method is on.

use szid_protocol::digits;
use szid_protocol::reason::Reason;

/// The most input that is looked at, bytes. Far more than two codes and all that a wedge may add.
pub const MAX_INPUT: usize = 4096;

/// How this venue's scanner is set up.
#[derive(Clone, Debug, Default)]
pub struct Scanner {
    /// What the scanner puts before each scan.
    pub prefix: String,
    /// What the scanner puts after each scan.
    pub suffix: String,
}

impl Scanner {
    /// Finds the code in one scan: strips white space, control characters, the byte order mark, a symbology identifier
    /// (`]Q1`), the configured prefix and suffix, and maps full-width digits to ASCII.
    ///
    /// # Errors
    /// `TEXT_TOO_LONG` for more than a code can have and for two codes at once, `NOT_A_CITIZEN_CODE` for anything else than
    /// a code. What is wrong within the digits is for the verification to say.
    pub fn read(&self, scanned: &str) -> Result<String, Reason> {
        if scanned.len() > MAX_INPUT {
            return Err(Reason::TextTooLong);
        }
        let mut text: &str = scanned.trim_matches(is_noise);
        text = text
            .strip_prefix(self.prefix.trim_matches(is_noise))
            .unwrap_or(text)
            .trim_matches(is_noise);
        text = text
            .strip_suffix(self.suffix.trim_matches(is_noise))
            .unwrap_or(text)
            .trim_matches(is_noise);
        text = strip_symbology(text);
        let code: String =
            text.chars().filter(|letter| !is_noise(*letter)).map(to_ascii_digit).collect();
        if !code.starts_with(digits::PREFIX) {
            return Err(Reason::NotACitizenCode);
        }
        if code.len() > digits::text_length(digits::MAX_BYTES) {
            return Err(Reason::TextTooLong);
        }
        Ok(code)
    }
}

fn is_noise(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control() || letter == '\u{feff}'
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_wedges_add_is_taken_off() {
        let plain = Scanner::default();
        for scanned in [
            "0755112",
            "0755112\r\n",
            "\t0755112\r",
            "\u{feff}0755112\n",
            "]Q10755112",
            " 0755 112 ",
            "０７５５１１２",
            "\u{2}0755112\u{3}",
            "0755\r\n112",
        ] {
            assert_eq!(plain.read(scanned).as_deref(), Ok("0755112"), "{scanned:?}");
        }
        let framed = Scanner { prefix: "QR:".into(), suffix: "#END".into() };
        assert_eq!(framed.read("QR:0755112#END\r\n").as_deref(), Ok("0755112"));
        assert_eq!(framed.read("0755112").as_deref(), Ok("0755112"));
    }

    #[test]
    fn other_input_has_its_reason() {
        let plain = Scanner::default();
        for scanned in ["", "https://example.org", "]Q", "六", "1234", "755112"] {
            assert_eq!(plain.read(scanned), Err(Reason::NotACitizenCode), "{scanned:?}");
        }
        assert_eq!(plain.read(&"9".repeat(1 << 20)), Err(Reason::TextTooLong));
        let two = digits::encode(&[1; 246]).repeat(2);
        assert_eq!(plain.read(&two), Err(Reason::TextTooLong));
        // Letters stay in for the verification, which tells the clerk about the input method.
        assert_eq!(plain.read("0755112zhe").as_deref(), Ok("0755112zhe"));
    }

    proptest! {
        #[test]
        fn noise_around_a_code_never_changes_it(
            bytes in proptest::collection::vec(any::<u8>(), 1..300),
            before in "[ \t\r\n\u{feff}]{0,5}",
            after in "[ \t\r\n]{0,5}",
            wide: bool,
        ) {
            let code = digits::encode(&bytes);
            let typed: String = if wide {
                code.chars().map(|digit| char::from_u32(0xff10 + digit.to_digit(10).unwrap()).unwrap()).collect()
            } else {
                code.clone()
            };
            prop_assert_eq!(Scanner::default().read(&format!("{before}{typed}{after}")).unwrap(), code);
        }

        #[test]
        fn any_input_is_answered(scanned in ".{0,300}") {
            let _ = Scanner::default().read(&scanned);
        }
    }
}
