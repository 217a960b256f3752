//! What the register keeps sealed, and the bounds of what a registrar may write.

use serde::{Deserialize, Serialize};

/// The longest name, bytes of UTF-8.
const MAX_NAME_BYTES: usize = 120;
/// The longest word of a reason or a method, bytes.
const MAX_WORD_BYTES: usize = 40;

/// A person's identity data, as it is sealed. No `Debug`: it must not reach a log.
#[derive(Serialize, Deserialize)]
pub struct Identity {
    /// The document's type, a GA/T 517 code.
    pub document_type: String,
    /// The document's number in its one written form.
    pub number: String,
    /// The name as it stands in the document.
    pub name: String,
}

/// The highest identity level that a method can give, `None` for an unknown method.
/// A connector never gives more than its cap, whatever it claims.
pub fn highest_level(method: &str) -> Option<u8> {
    match method {
        // A clerk sees the person and the document.
        "counter" => Some(4),
        _ => None,
    }
}

/// True for a name within bounds: not empty, no control characters, no white space at its ends.
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME_BYTES
        && name.trim() == name
        && !name.chars().any(char::is_control)
}

/// True for a short word such as `lost_phone`: it goes into the audit trail, where no free text belongs.
pub fn is_word(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !text.is_empty() && text.len() <= MAX_WORD_BYTES && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_words_are_bounded() {
        for name in ["林示例", "欧阳示范", "阿依·演示", "SAMPLE, MARIA"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", " 林示例", "林\n示例", &"林".repeat(41)] {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(is_word("lost_phone") && !is_word("Lost phone") && !is_word(""));
        assert!(!is_word(&"a".repeat(41)));
        assert_eq!(highest_level("counter"), Some(4));
        assert_eq!(highest_level("self"), None);
    }
}
