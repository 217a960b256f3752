//! Programs that stand on a page of the documents: what readers copy is what is tested.

use std::fs;
use std::path::Path;

use crate::process::{Outcome, at};

/// The one block of a language on a page.
pub(crate) fn code_of(page: &Path, language: &str) -> Outcome<String> {
    let text = at(page, fs::read_to_string(page))?;
    let fence = format!("```{language}\n");
    let mut parts = text.split(&fence).skip(1);
    let block = parts.next().and_then(|rest| rest.split_once("```"));
    match (block, parts.next()) {
        (Some((code, _)), None) => Ok(code.to_owned()),
        _ => Err(format!("{}: one block of {language} is looked for", page.display())),
    }
}
