//! The functions of the library that generated code names: it cannot be loaded, or linked, with a library
//! that lacks one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use object::Object as _;

use crate::process::{Outcome, at, told};

/// What the names of all of the library's functions begin with: those that are called, and UniFFI's own.
const PREFIXES: [&str; 2] = ["uniffi_szid_ffi_", "ffi_szid_ffi_"];

/// All such names in the files of a folder and below; a folder without any is a fault.
pub(crate) fn named_in(folder: &Path) -> Outcome<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    collect(folder, &mut names)?;
    if names.is_empty() {
        return Err(format!("{}: no code that calls the library", folder.display()));
    }
    Ok(names)
}

fn collect(folder: &Path, names: &mut BTreeSet<String>) -> Outcome {
    for entry in at(folder, fs::read_dir(folder))? {
        let path = at(folder, entry)?.path();
        if path.is_dir() {
            collect(&path, names)?;
        } else {
            let text = at(&path, fs::read(&path))?;
            names.extend(names_in(&String::from_utf8_lossy(&text)));
        }
    }
    Ok(())
}

fn names_in(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| PREFIXES.iter().any(|prefix| word.starts_with(prefix))).map(str::to_owned)
}

/// What the code names and the library has not, in words.
pub(crate) fn missing(named: &BTreeSet<String>, offered: &BTreeSet<String>) -> Vec<String> {
    let names = named.difference(offered);
    names.map(|name| format!("lacks {name}, which the generated code calls")).collect()
}

/// Compares code with a library of this machine.
pub(crate) fn check(code: &Path, library: &Path) -> Outcome {
    let file = at(library, fs::read(library))?;
    let offered = exports(&file).map_err(|error| format!("{}: {error}", library.display()))?;
    told(library, &missing(&named_in(code)?, &offered))
}

fn exports(file: &[u8]) -> object::Result<BTreeSet<String>> {
    let exports = object::File::parse(file)?.exports()?;
    let names = exports.iter().map(|export| String::from_utf8_lossy(export.name()).into_owned());
    // Mach-O puts an underscore before each.
    Ok(names.map(|name| name.strip_prefix('_').map_or(name.clone(), str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn calls_and_checksums_are_names_and_what_only_looks_like_one_is_not() {
        let code = "external fun uniffi_szid_ffi_fn_func_a(x: Int)\nlib.ffi_szid_ffi_rustbuffer_free(b)\n\
                    #define UNIFFI_FFIDEF_UNIFFI_SZID_FFI_FN\nmy_ffi_szid_ffi_b uniffi_out_err";
        assert_eq!(
            names_in(code).collect::<BTreeSet<_>>(),
            names(&["uniffi_szid_ffi_fn_func_a", "ffi_szid_ffi_rustbuffer_free"])
        );
    }

    #[test]
    fn a_function_that_is_named_and_not_offered_is_told_by_its_name() {
        let named =
            names(&["uniffi_szid_ffi_fn_constructor_verifier_open", "uniffi_szid_ffi_fn_a"]);
        let offered = names(&["uniffi_szid_ffi_fn_a", "uniffi_szid_ffi_fn_b"]);
        assert_eq!(
            missing(&named, &offered),
            ["lacks uniffi_szid_ffi_fn_constructor_verifier_open, which the generated code calls"]
        );
        assert!(missing(&offered, &offered).is_empty());
    }
}
