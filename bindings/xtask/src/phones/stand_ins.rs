//! The library, linked without a vendor's kit: against stand-ins that define just the symbols it may ask for.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::cross::{LIBRARY, Machine};
use super::elf;
use super::symbols::Symbols;
use crate::paths::target;
use crate::process::{Outcome, at, run};

/// Links for a machine with ELF files, for an app that calls these functions, looks into the result and says
/// where it lies.
pub(crate) fn link(
    machine: &Machine,
    symbols: &Symbols,
    called: &BTreeSet<String>,
) -> Outcome<PathBuf> {
    // Always in the same place: it is among the compiler's flags, and other flags compile everything anew.
    let work = target().join("xtask").join(format!("stand-ins-{}", machine.triple));
    at(&work, fs::create_dir_all(&work))?;
    let linker = Machine::rust_lld()?;
    for (library, names) in symbols {
        let script = work.join(format!("{library}.ld"));
        let text: String = names.iter().map(|name| format!("{name} = 0;\n")).collect();
        at(&script, fs::write(&script, text))?;
        run(Command::new(&linker)
            .args(["-flavor", "gnu", "-m", "aarch64linux", "-shared", "-soname"])
            .arg(format!("{library}.so"))
            .arg("-o")
            .arg(work.join(format!("{library}.so")))
            .arg(script))?;
    }
    let mut flags =
        vec!["-Clinker-flavor=ld.lld".to_owned(), format!("-Clinker={}", linker.display())];
    let stand_ins = format!("-L{}", work.display());
    for argument in [stand_ins.as_str(), "-zdefs", "-znow", "-zmax-page-size=16384"] {
        flags.push(format!("-Clink-arg={argument}"));
    }
    let mut cargo = machine.cargo(&flags);
    cargo
        .args(["rustc", "--quiet", "--locked", "--profile", "phone", "--target", machine.triple])
        .args(LIBRARY);
    run(cargo.args(["--crate-type", "cdylib"]))?;

    let library = machine.built("libszid_ffi.so");
    elf::inspect(&library, symbols, called)?;
    Ok(library)
}
