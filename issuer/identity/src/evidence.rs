//! What the register keeps sealed, and the bounds of what a registrar may write.

use serde::{Deserialize, Serialize};

use crate::hidden_marks::shows_plainly;

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
    /// `male` or `female`, where the number does not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<String>,
    /// YYYY-MM-DD, where the number does not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// Nationality or ethnic group, as it stands in the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
    /// The document's last day, YYYY-MM-DD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// The phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Words for concessions that were proven, such as `senior` and `disability`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concessions: Vec<String>,
}

impl Identity {
    /// What the document alone tells.
    pub fn of_document(document_type: &str, number: &str, name: &str) -> Self {
        Self {
            document_type: document_type.into(),
            number: number.into(),
            name: name.into(),
            sex: None,
            birth_date: None,
            nationality: None,
            valid_until: None,
            phone: None,
            concessions: Vec::new(),
        }
    }

    /// The number, where it has the form of GB 11643: it holds birth date and sex then.
    fn citizen_number(&self) -> Option<&str> {
        matches!(self.document_type.as_str(), "111" | "154").then_some(self.number.as_str())
    }

    /// `male` or `female`.
    pub fn sex(&self) -> Option<&str> {
        let of_number = || {
            let digit = self.citizen_number()?.as_bytes().get(16)?;
            Some(if digit % 2 == 1 { "male" } else { "female" })
        };
        self.sex.as_deref().or_else(of_number)
    }

    /// YYYY-MM-DD.
    pub fn birth_date(&self) -> Option<String> {
        let of_number = || {
            let number = self.citizen_number()?;
            let (year, month, day) = (number.get(6..10)?, number.get(10..12)?, number.get(12..14)?);
            Some(format!("{year}-{month}-{day}"))
        };
        self.birth_date.clone().or_else(of_number)
    }
}

/// True for a name within bounds: not empty, each character shows as itself, no white space at its ends.
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME_BYTES
        && name.trim() == name
        && name.chars().all(shows_plainly)
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
        for name in
            ["林示例", "欧阳示范", "阿依·演示", "SAMPLE, MARIA", "葛\u{e0100}示例", "林　示例"]
        {
            assert!(is_name(name), "{name}");
        }
        for name in ["", " 林示例", "林\n示例", &"林".repeat(41)] {
            assert!(!is_name(name), "{name:?}");
        }
        // What a clerk would read otherwise than it is, or not at all.
        for hidden in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{3164}', '\u{115f}'] {
            assert!(!is_name(&format!("林{hidden}示例")), "{hidden:?}");
        }
        assert!(is_word("lost_phone") && !is_word("Lost phone") && !is_word(""));
        assert!(!is_word(&"a".repeat(41)));
    }
}
