//! What a library for a phone may ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::paths::bindings;
use crate::process::{Outcome, at};

/// Names by the library that has them.
pub(crate) type Symbols = BTreeMap<String, BTreeSet<String>>;

/// A list of `bindings/phones`: a library and a symbol on each line.
pub(crate) fn listed(name: &str) -> Outcome<Symbols> {
    let list = bindings("phones").join(name);
    let text = at(&list, fs::read_to_string(&list))?;
    let mut symbols = Symbols::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((library, symbol)) = line.split_once(' ') else {
            return Err(format!("{}: not a library and a symbol: {line}", list.display()));
        };
        symbols.entry(library.to_owned()).or_default().insert(symbol.to_owned());
    }
    Ok(symbols)
}

/// Whether a library offers this name because the bindings call it.
pub(crate) fn is_of_uniffi(name: &str) -> bool {
    ["uniffi_", "ffi_", "UNIFFI_META_"].iter().any(|prefix| name.starts_with(prefix))
}
