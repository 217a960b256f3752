//! What a library for a phone asks for and offers, read from its ELF file.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use object::Endianness;
use object::FileKind;
use object::elf::{DT_NEEDED, FileHeader32, FileHeader64, PT_LOAD, STB_WEAK};
use object::read::elf::{Dyn as _, ElfFile, FileHeader, ProgramHeader as _, Sym as _};

use super::symbols::{Symbols, is_of_uniffi};
use crate::named::missing;
use crate::process::{Outcome, at, told};

/// Phones of today have pages of 16 KB; a segment aligned to less is not loaded there.
const PAGE: u64 = 16_384;

/// What matters of a library.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Library {
    /// Phones of 32 bits keep pages of 4 KB.
    has_64_bits: bool,
    /// The least alignment of what is loaded.
    alignment: u64,
    needed: BTreeSet<String>,
    /// What has to be there for it to load.
    asked: BTreeSet<String>,
    offered: BTreeSet<String>,
}

/// Looks into a library that an app calls these functions of; everything that is wrong with it is told.
pub(crate) fn inspect(file: &Path, symbols: &Symbols, called: &BTreeSet<String>) -> Outcome {
    let permitted = Permitted {
        libraries: symbols.keys().map(|library| format!("{library}.so")).collect(),
        symbols: symbols.values().flatten().cloned().collect(),
    };
    let library = Library::read(&at(file, fs::read(file))?)?;
    let mut faults = library.faults(&permitted);
    faults.extend(missing(called, &library.offered));
    told(file, &faults)
}

/// What it may ask for.
pub(crate) struct Permitted {
    pub(crate) libraries: BTreeSet<String>,
    pub(crate) symbols: BTreeSet<String>,
}

impl Library {
    pub(crate) fn read(file: &[u8]) -> Outcome<Self> {
        let read = match FileKind::parse(file) {
            Ok(FileKind::Elf32) => facts::<FileHeader32<Endianness>>(file, false),
            Ok(FileKind::Elf64) => facts::<FileHeader64<Endianness>>(file, true),
            other => return Err(format!("no ELF file: {other:?}")),
        };
        read.map_err(|error| format!("an ELF file that cannot be read: {error}"))
    }

    /// Everything that would keep it from loading, or that it shows without need.
    pub(crate) fn faults(&self, permitted: &Permitted) -> Vec<String> {
        let mut faults = Vec::new();
        if self.has_64_bits && self.alignment < PAGE {
            faults.push(format!("a segment is aligned to {}, pages are {PAGE}", self.alignment));
        }
        for name in self.needed.difference(&permitted.libraries) {
            faults.push(format!("needs the library {name}"));
        }
        for name in self.asked.difference(&permitted.symbols) {
            faults.push(format!("asks for the symbol {name}"));
        }
        for name in &self.offered {
            if !is_of_uniffi(name) {
                faults.push(format!("offers the symbol {name}"));
            }
        }
        if self.offered.is_empty() {
            faults.push("offers nothing".to_owned());
        }
        faults
    }
}

fn facts<Elf: FileHeader<Endian = Endianness>>(
    file: &[u8],
    has_64_bits: bool,
) -> object::Result<Library> {
    let elf = ElfFile::<Elf>::parse(file)?;
    let endian = elf.endian();
    let loaded = elf.elf_program_headers().iter().filter(|header| header.p_type(endian) == PT_LOAD);
    let alignment = loaded.map(|header| header.p_align(endian).into()).min().unwrap_or(0);

    let sections = elf.elf_section_table();
    let mut needed = BTreeSet::new();
    if let Some((entries, link)) = sections.dynamic(endian, file)? {
        let strings = sections.strings(endian, file, link)?;
        for entry in entries.iter().filter(|entry| entry.tag32(endian) == Some(DT_NEEDED)) {
            needed.insert(String::from_utf8_lossy(entry.string(endian, strings)?).into_owned());
        }
    }

    let (mut asked, mut offered) = (BTreeSet::new(), BTreeSet::new());
    let table = elf.elf_dynamic_symbol_table();
    for symbol in table.iter().skip(1).filter(|symbol| !symbol.is_local()) {
        let name = String::from_utf8_lossy(table.symbol_name(endian, symbol)?).into_owned();
        if symbol.is_undefined(endian) {
            // A weak one may be missing: the standard library looks whether it is there.
            if symbol.st_bind() != STB_WEAK {
                asked.insert(name);
            }
        } else {
            offered.insert(name);
        }
    }
    Ok(Library { has_64_bits, alignment, needed, asked, offered })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn sound() -> Library {
        Library {
            has_64_bits: true,
            alignment: PAGE,
            needed: names(&["libc.so"]),
            asked: names(&["malloc"]),
            offered: names(&["uniffi_szid_fn", "ffi_szid_rustbuffer_alloc"]),
        }
    }

    fn permitted() -> Permitted {
        Permitted { libraries: names(&["libc.so", "libm.so"]), symbols: names(&["malloc", "free"]) }
    }

    #[test]
    fn a_sound_library_has_no_fault() {
        assert!(sound().faults(&permitted()).is_empty());
    }

    #[test]
    fn small_pages_unknown_names_and_names_of_others_are_faults() {
        let bad = Library {
            alignment: 4096,
            needed: names(&["libc.so", "libssl.so"]),
            asked: names(&["malloc", "getentropy"]),
            offered: names(&["uniffi_szid_fn", "rust_eh_personality"]),
            ..sound()
        };
        assert_eq!(
            bad.faults(&permitted()),
            [
                "a segment is aligned to 4096, pages are 16384",
                "needs the library libssl.so",
                "asks for the symbol getentropy",
                "offers the symbol rust_eh_personality",
            ]
        );
        let old = Library { has_64_bits: false, alignment: 4096, ..sound() };
        assert!(old.faults(&permitted()).is_empty());
        let empty = Library { offered: names(&[]), ..sound() };
        assert_eq!(empty.faults(&permitted()), ["offers nothing"]);
    }

    #[test]
    fn the_library_of_this_program_s_own_machine_is_read() {
        // Any ELF file will do; other systems have none.
        if cfg!(target_os = "linux") {
            let own = fs::read("/proc/self/exe").unwrap_or_default();
            let read = Library::read(&own);
            assert!(read.is_ok_and(|library| library.needed.contains("libc.so.6")));
        }
        assert!(Library::read(b"no such file").is_err());
    }
}
