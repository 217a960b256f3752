//! What a static library for iOS asks for and offers, read from its archive of Mach-O files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use object::read::archive::ArchiveFile;
use object::read::macho::MachOFile64;
use object::{Endianness, Object as _, ObjectSymbol as _, SymbolScope};

use super::symbols::{Symbols, is_of_uniffi};
use crate::named::missing;
use crate::process::{Outcome, at, told};

/// The members that the product's own crates went into; the others are the compiler's.
const OWN: &str = "szid_ffi";

/// What matters of a library. Names are without the underscore that Mach-O puts before them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Library {
    asked: BTreeSet<String>,
    defined: BTreeSet<String>,
    /// Of the product's own members, what an app sees.
    offered: BTreeSet<String>,
}

/// Looks into a library that an app calls these functions of; everything that is wrong with it is told.
pub(crate) fn inspect(file: &Path, symbols: &Symbols, called: &BTreeSet<String>) -> Outcome {
    let permitted = symbols.values().flatten().cloned().collect();
    let library = Library::read(&at(file, fs::read(file))?)?;
    let mut faults = library.faults(&permitted);
    faults.extend(missing(called, &library.offered));
    told(file, &faults)
}

impl Library {
    pub(crate) fn read(file: &[u8]) -> Outcome<Self> {
        facts(file).map_err(|error| format!("an archive that cannot be read: {error}"))
    }

    /// Everything that an app could not be linked with, or that the library shows without need.
    pub(crate) fn faults(&self, permitted: &BTreeSet<String>) -> Vec<String> {
        let mut faults = Vec::new();
        for name in self.asked.iter().filter(|name| !self.defined.contains(*name)) {
            if !permitted.contains(name) {
                faults.push(format!("asks for the symbol {name}"));
            }
        }
        for name in &self.offered {
            if !is_of_uniffi(name) && !is_of_rust(name) {
                faults.push(format!("offers the symbol {name}"));
            }
        }
        if !self.offered.iter().any(|name| is_of_uniffi(name)) {
            faults.push("offers nothing".to_owned());
        }
        faults
    }
}

/// What a static library cannot hide: names with a hash of the crate in them, and the one that unwinding
/// calls.
fn is_of_rust(name: &str) -> bool {
    name.starts_with("_R") || name.starts_with("_ZN") || name == "rust_eh_personality"
}

fn facts(file: &[u8]) -> object::Result<Library> {
    let mut library = Library::default();
    let archive = ArchiveFile::parse(file)?;
    for member in archive.members() {
        let member = member?;
        let macho = MachOFile64::<Endianness>::parse(member.data(file)?)?;
        let own = member.name().starts_with(OWN.as_bytes());
        for symbol in macho.symbols() {
            let name = symbol.name()?;
            let name = name.strip_prefix('_').unwrap_or(name).to_owned();
            if symbol.is_undefined() {
                library.asked.insert(name);
            } else if symbol.is_definition() {
                if own && symbol.scope() == SymbolScope::Dynamic {
                    library.offered.insert(name.clone());
                }
                library.defined.insert(name);
            }
        }
    }
    Ok(library)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_a_library_defines_and_may_ask_for_is_no_fault() {
        let sound = Library {
            asked: names(&["malloc", "__udivti3"]),
            defined: names(&["__udivti3"]),
            offered: names(&["uniffi_szid_fn", "rust_eh_personality", "_RNvNtCs1_3std1f"]),
        };
        assert!(sound.faults(&names(&["malloc"])).is_empty());
    }

    #[test]
    fn unknown_names_and_names_of_others_are_faults() {
        let bad = Library {
            asked: names(&["malloc", "SSLRead"]),
            defined: names(&[]),
            offered: names(&["deflate"]),
        };
        assert_eq!(
            bad.faults(&names(&["malloc"])),
            ["asks for the symbol SSLRead", "offers the symbol deflate", "offers nothing"]
        );
        assert!(Library::read(b"no such file").is_err());
    }
}
