//! Programs that stand on a page of the documents: what readers copy is what is tested.

use std::fs;
use std::path::Path;

use crate::process::{Outcome, at};

/// The one block of a language on a page.
pub(crate) fn code_of(page: &Path, language: &str) -> Outcome<String> {
    let text = at(page, fs::read_to_string(page))?;
    match blocks(&text, language).as_slice() {
        [code] => Ok((*code).to_owned()),
        _ => Err(format!("{}: one block of {language} is looked for", page.display())),
    }
}

/// All blocks of a language on `NAME.md`, one below the other, which have to be those of `NAME.zh.md` too.
pub(crate) fn code_of_both(folder: &Path, name: &str, language: &str) -> Outcome<String> {
    let (english, chinese) =
        (folder.join(format!("{name}.md")), folder.join(format!("{name}.zh.md")));
    let text = at(&english, fs::read_to_string(&english))?;
    let other = at(&chinese, fs::read_to_string(&chinese))?;
    one_code(&text, &other, language)
        .map_err(|fault| format!("{}, {}: {fault}", english.display(), chinese.display()))
}

fn one_code(text: &str, other: &str, language: &str) -> Outcome<String> {
    let (code, translated) = (blocks(text, language), blocks(other, language));
    if code.is_empty() {
        return Err(format!("no block of {language}"));
    }
    if code.len() != translated.len() {
        return Err(format!("{} and {} blocks of {language}", code.len(), translated.len()));
    }
    match code.iter().zip(&translated).position(|(here, there)| here != there) {
        Some(at) => Err(format!("block {} of {language} is not the same", at + 1)),
        None => Ok(code.join("\n")),
    }
}

fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let rests = text.split(fence.as_str()).skip(1);
    rests.filter_map(|rest| rest.split_once("```").map(|(code, _)| code)).collect()
}

#[cfg(test)]
mod tests {
    use super::one_code;

    #[test]
    fn blocks_are_joined_and_have_to_be_the_same_in_both_languages() {
        let page = "a\n```x\n1\n```\nb\n```y\n-\n```\n```x\n2\n```\n";
        let translated = page.replace('a', "甲");
        assert_eq!(one_code(page, &translated, "x"), Ok("1\n\n2\n".to_owned()));
        let one = translated.replace("```x\n2\n```", "");
        for other in [translated.replace('2', "3"), one] {
            assert!(one_code(page, &other, "x").is_err());
        }
        assert!(one_code(page, page, "z").is_err());
    }
}
