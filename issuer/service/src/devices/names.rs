//! What devices are called.

use szid_identity::hidden_marks::shows_plainly;

/// The longest name of a device, bytes.
const MAX_NAME_BYTES: usize = 32;
/// The name of a device that has told none.
const UNNAMED: &str = "unnamed";

/// What a device is called.
pub(crate) fn named(name: String) -> String {
    if name.is_empty() { UNNAMED.into() } else { name }
}

/// A device's name as it is shown to people: on one line, without what changes how other text is read, and
/// short.
pub(crate) fn clean_name(told: Option<&str>) -> String {
    let shows = |letter: &char| shows_plainly(*letter);
    let mut name = String::new();
    for letter in told.unwrap_or_default().trim().chars().filter(shows) {
        if name.len() + letter.len_utf8() > MAX_NAME_BYTES {
            break;
        }
        name.push(letter);
    }
    let name = name.trim();
    if name.is_empty() { UNNAMED.into() } else { name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_devices_are_short_and_change_nothing_around_them() {
        for (told, kept) in [
            (Some("小明的手机"), "小明的手机"),
            (Some("  Pixel 9\n"), "Pixel 9"),
            (Some("a\u{202e}b\u{0}c"), "abc"),
            (Some(" \u{200b} "), UNNAMED),
            (Some(""), UNNAMED),
            (None, UNNAMED),
        ] {
            assert_eq!(clean_name(told), kept);
        }
        assert_eq!(clean_name(Some(&"机".repeat(40))), "机".repeat(10), "no letter is cut");
    }
}
