//! What an app calls of the library for phones: what is generated for it names, and loads or links all of.

use std::collections::BTreeSet;

use crate::generate::{Parts, generate};
use crate::named::named_in;
use crate::paths::WorkFolder;
use crate::process::Outcome;

/// The functions that the phone's bindings for a language name.
pub(crate) fn called_from(language: &str) -> Outcome<BTreeSet<String>> {
    let work = WorkFolder::make("called")?;
    let code = work.join("generated");
    generate(language, &code, &work.join("native"), Parts::PHONE)?;
    named_in(&code)
}
