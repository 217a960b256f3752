//! Names of registrars, operators and administrators. The rule of two persons rests on them, so that two of
//! them must not look the same: letters that pass for others, and letters that nobody sees, are not taken.

/// What a name is written with: Chinese characters as they are in use, ASCII letters and digits, and what
/// stands between them. Of the script's many forms for compatibility and of other scripts' letters some
/// cannot be told from these.
pub fn is_plain_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
        || matches!(letter, ' ' | '.' | '-' | '_' | '@' | '\'' | '·' | '〇')
        // The blocks of unified ideographs, the first without those that Unicode has added for compatibility.
        || matches!(letter, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{2a6df}')
        || matches!(letter, '\u{2a700}'..='\u{2ebef}' | '\u{30000}'..='\u{323af}')
}

/// Whether two names are one person's as far as a reader can tell: letters that look the same count as the
/// same, and what stands between them does not count. Chinese characters that differ by a stroke are told
/// apart.
pub fn look_the_same(one: &str, other: &str) -> bool {
    skeleton(one) == skeleton(other)
}

fn skeleton(name: &str) -> String {
    // In a name of ASCII letters the character for one is a dash.
    let dash = name.chars().all(|letter| letter.is_ascii() || letter == '一');
    let stands_between = |letter: char| {
        matches!(letter, ' ' | '.' | '-' | '_' | '·' | '\'' | '@') || (dash && letter == '一')
    };
    let letters = name.chars().filter(|letter| !stands_between(*letter));
    // Two letters that run together into one come last: `rn` and `m`, `vv` and `w`.
    let letters: String = letters
        .map(|letter| match letter.to_ascii_lowercase() {
            '1' | 'i' | 'l' => 'l',
            '0' | 'o' | '〇' => 'o',
            letter => letter,
        })
        .collect();
    letters.replace("rn", "m").replace("vv", "w")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_use_are_written_with_plain_letters_and_those_that_pass_for_them_are_not() {
        for name in ["chen", "Zhao Liu", "陈示例", "阿依古丽·示例", "counter_1", "o'neil", "㐂"]
        {
            assert!(name.chars().all(is_plain_letter), "{name}");
        }
        for name in ["ch\u{435}n", "\u{ff43}hen", "chen\u{200b}", "陈\u{fe00}", "\u{f9d1}", "chén"]
        {
            assert!(!name.chars().all(is_plain_letter), "{name}");
        }
    }

    #[test]
    fn names_that_cannot_be_told_apart_are_one_persons() {
        for (one, other) in [
            ("chen", "Chen"),
            ("li", "l1"),
            ("wang.wu", "wang wu"),
            ("zhao0", "zhaoO"),
            ("arno", "amo"),
            ("chen", "chen'"),
            ("zhao", "zhao@"),
            ("chen-1", "chen一1"),
        ] {
            assert!(look_the_same(one, other), "{one} {other}");
        }
        assert!(!look_the_same("chen", "zhao") && !look_the_same("陈示例", "程示例"));
        assert!(!look_the_same("王一", "王"));
    }
}
