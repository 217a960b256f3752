//! The public API of what is generated for Kotlin and Swift, on record in `bindings/api`: no change goes
//! unnoticed.

use std::collections::BTreeSet;
use std::fs;

use crate::declarations::{Language, declarations};
use crate::generate::{Parts, generate};
use crate::paths::{WorkFolder, bindings};
use crate::process::{Outcome, at};

const LAYERS: [(&str, Language, &str); 2] =
    [("kotlin", Language::Kotlin, "szid/szid.kt"), ("swift", Language::Swift, "Szid.swift")];

/// Compares with the record, or writes it.
pub(crate) fn check(write: bool) -> Outcome {
    let work = WorkFolder::make("api")?;
    let mut changes = String::new();
    for (language, kind, file) in LAYERS {
        let code = work.join(language);
        generate(language, &code, &work.join("native"), Parts::VENUE)?;
        let source = code.join(file);
        let now = declarations(&at(&source, fs::read_to_string(&source))?, kind);
        let record = bindings("api").join(format!("{language}.txt"));
        if write {
            at(&bindings("api"), fs::create_dir_all(bindings("api")))?;
            let text: String = now.iter().map(|line| format!("{line}\n")).collect();
            at(&record, fs::write(&record, text))?;
            println!("{language}: {} declarations", now.len());
            continue;
        }
        let before = at(&record, fs::read_to_string(&record))?;
        changes += &difference(language, &before.lines().map(str::to_owned).collect(), &now);
    }
    if changes.is_empty() {
        return Ok(());
    }
    Err(format!(
        "what apps are written against has changed:\n{changes}\
         If that is meant, write it down: cargo xtask check-api --write"
    ))
}

fn difference(language: &str, before: &BTreeSet<String>, now: &BTreeSet<String>) -> String {
    let gone = before.difference(now).map(|line| format!("  {language} - {line}\n"));
    let new = now.difference(before).map(|line| format!("  {language} + {line}\n"));
    gone.chain(new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_and_what_came_is_shown_and_nothing_else() {
        let before = ["fun a()", "fun b()"].map(str::to_owned).into();
        let now = ["fun a()", "fun b(c: Int)"].map(str::to_owned).into();
        assert_eq!(
            difference("kotlin", &before, &now),
            "  kotlin - fun b()\n  kotlin + fun b(c: Int)\n"
        );
        assert_eq!(difference("kotlin", &now, &now), "");
    }
}
