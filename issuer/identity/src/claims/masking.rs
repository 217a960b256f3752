//! Masks: enough for the person at the counter to see that it is they, too little to know who they are.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::compound_surnames::is_compound_surname;

/// The dots that are put between the parts of a name, beside U+00B7 and those that Unicode takes for one of
/// these.
const DOTS: [char; 6] = ['\u{2022}', '\u{2027}', '\u{2219}', '\u{22c5}', '\u{2e31}', '\u{30fb}'];
const DOT: &str = "·";

/// The surname stays, each further character as people count them becomes a star. The rule and its cases
/// stand in `docs/protocol/masked-names.md`.
pub fn mask_name(name: &str) -> String {
    let name = in_one_form(name);
    let letters: Vec<&str> = name.graphemes(true).collect();
    let shown = count_shown(&letters);
    let mask = |(at, letter)| if at < shown || letter == " " { letter } else { "*" };
    letters.into_iter().enumerate().map(mask).collect()
}

/// How many characters stay. Whatever fits no rule shows the first one alone.
fn count_shown(letters: &[&str]) -> usize {
    let place_of = |mark: &str| letters.iter().position(|letter| *letter == mark);
    // A letter stands before it and after it: else it would show the whole name.
    let is_letter =
        |at: usize| letters.get(at).is_some_and(|letter| letter.chars().any(char::is_alphanumeric));
    let between = |at: &usize| *at > 0 && is_letter(at - 1) && is_letter(at + 1);
    if let Some(dot) = place_of(DOT).filter(between) {
        return dot + 1;
    }
    if let Some(comma) = place_of(",").filter(|at| *at > 0)
        && !letters.iter().any(|letter| letter.contains(is_chinese))
        && comma + 3 < letters.len()
    {
        // The blank and the first letter of what follows.
        return comma + 3;
    }
    let first_two: String =
        letters.iter().take(2).filter_map(|letter| letter.chars().next()).collect();
    if letters.len() > 2 && is_compound_surname(&first_two) { 2 } else { 1 }
}

/// A name without what differs in form only: composed or not, full or half width, the blanks, the dots and
/// the comma between its parts.
fn in_one_form(name: &str) -> String {
    let dot = |letter| if DOTS.contains(&letter) { '·' } else { letter };
    let name: String = name.nfkc().map(dot).collect();
    if name.contains(is_chinese) {
        // A blank between Chinese characters is a printer's, and a full stop there stands for the dot.
        let letters: Vec<char> = name.chars().filter(|letter| !letter.is_whitespace()).collect();
        let is_chinese_at = |at: usize| letters.get(at).copied().is_some_and(is_chinese);
        let dotted = |(at, letter): (usize, &char)| {
            let is_dot = *letter == '.' && at > 0 && is_chinese_at(at - 1) && is_chinese_at(at + 1);
            if is_dot { '·' } else { *letter }
        };
        return letters.iter().enumerate().map(dotted).collect();
    }
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.split_once(',').map(|(surname, given)| (words(surname), words(given))) {
        Some((surname, given)) if !surname.is_empty() && !given.is_empty() => {
            format!("{surname}, {given}")
        }
        _ => words(&name.replace(',', " ")),
    }
}

/// The unified ideographs, the mark that repeats one, and the zero that is written among them.
fn is_chinese(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}' | '々' | '〇')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rows of the published table; what does not show, or looks like another mark, is written there as
    /// `\u{..}`.
    fn published() -> Vec<(String, String)> {
        let page = include_str!("../../../../docs/protocol/masked-names.md");
        let cell = |cell: &str| {
            let mut parts = cell.trim().trim_matches('`').split("\\u{");
            let mut text = parts.next().unwrap().to_owned();
            for part in parts {
                let (code, rest) = part.split_once('}').unwrap();
                text.push(u32::from_str_radix(code, 16).ok().and_then(char::from_u32).unwrap());
                text.push_str(rest);
            }
            text
        };
        let rows = page.lines().filter(|line| line.starts_with("| `"));
        let rows = rows.map(|line| line.split('|').skip(1).map(cell));
        rows.map(|mut cells| (cells.next().unwrap(), cells.next().unwrap())).collect()
    }

    #[test]
    fn names_are_masked_as_it_is_published() {
        let rows = published();
        assert!(rows.len() > 30);
        let wrong: Vec<_> =
            rows.iter().filter(|(name, masked)| mask_name(name) != *masked).collect();
        assert!(
            wrong.is_empty(),
            "{:?}",
            wrong.iter().map(|(n, m)| (n, m, mask_name(n))).collect::<Vec<_>>()
        );
        assert_eq!(mask_name(""), "");
    }

    proptest! {
        #[test]
        fn a_mask_hides_something_of_every_name_that_has_two_characters(name in "\\PC{2,20}") {
            let masked = mask_name(&name);
            let letters: Vec<_> = masked.graphemes(true).filter(|letter| *letter != " ").collect();
            prop_assert!(letters.len() < 2 || letters.contains(&"*"), "{name:?} {masked:?}");
        }
    }
}
