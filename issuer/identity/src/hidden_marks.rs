//! Characters that change how text is read without being seen themselves. A citizen who is asked, a clerk and
//! an administrator must read what is there.

/// Whether a letter shows as itself, and leaves the text around it as it is: no control character, and none
/// of Unicode's marks that turn the direction of writing or have no width. Selectors of a character's form
/// are taken: names are written with them.
pub fn shows_plainly(letter: char) -> bool {
    !letter.is_control() && !is_hidden_mark(letter)
}

fn is_hidden_mark(letter: char) -> bool {
    matches!(
        letter,
        // The soft hyphen, the joiner of graphemes, the mark of Arabic letters, the separator of Mongolian
        // vowels.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}'
        // Spaces and joiners without width, and the marks of direction.
        | '\u{200b}'..='\u{200f}'
        // What ends lines and paragraphs; embedded, overridden and isolated directions; what nobody sees in
        // formulas.
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // The byte order mark, annotations between lines, and tags.
        | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e00ff}'
        // Letters that stand for none, of Korean and Khmer, the empty pattern of Braille, and marks of
        // shorthand and music.
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_with_shows_and_what_turns_or_hides_text_does_not() {
        for text in [
            "南山 3号窗口",
            "阿依古丽·示例",
            "Léa O'Neil",
            "ئايگۈل",
            "葛\u{e0100}城",
            "办件（加急）",
            "ｱ　①",
        ] {
            assert!(text.chars().all(shows_plainly), "{text}");
        }
        for range in ['\u{200b}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2066}'..='\u{2069}'] {
            assert!(!range.into_iter().any(shows_plainly));
        }
        for letter in [
            '\0',
            '\n',
            '\u{85}',
            '\u{ad}',
            '\u{61c}',
            '\u{2028}',
            '\u{2060}',
            '\u{feff}',
            '\u{e0041}',
            '\u{3164}',
            '\u{2800}',
        ] {
            assert!(!shows_plainly(letter), "{letter:?}");
        }
    }
}
