//! The library for Android: by the NDK for all processors; without one for arm64, linked against stand-ins of bionic.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use super::cross::{LIBRARY, Machine};
use super::elf::{Library, Permitted};
use super::size;
use crate::paths::{bindings, root, target};
use crate::process::{Outcome, at, is_there, run};

const ARM64: &str = "aarch64-linux-android";
/// Android's names of the processors, as an app's folders have them.
const PROCESSORS: [&str; 4] = ["arm64-v8a", "armeabi-v7a", "x86_64", "x86"];
/// The oldest Android that an app may run on.
const API: &str = "26";
/// In place of the NDK's, which is linked in.
const UNWINDER: &str = "libunwind";

pub(crate) fn build(write_size: bool) -> Outcome {
    if is_there("cargo-ndk") && std::env::var_os("ANDROID_NDK_HOME").is_some() {
        by_ndk()
    } else {
        println!(
            "no cargo-ndk or no ANDROID_NDK_HOME: arm64 alone, linked against stand-ins; no app can load it"
        );
        by_stand_ins(write_size)
    }
}

fn by_ndk() -> Outcome {
    let out = target().join("android");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()).args(["ndk", "--platform", API, "--output-dir"]).arg(&out);
    for processor in PROCESSORS {
        cargo.args(["--target", processor]);
    }
    run(cargo.args(["build", "--locked", "--profile", "phone"]).args(LIBRARY))?;
    let symbols = symbols(false)?;
    for processor in PROCESSORS {
        inspect(&out.join(processor).join("libszid_ffi.so"), &symbols)?;
    }
    Ok(())
}

fn by_stand_ins(write_size: bool) -> Outcome {
    let machine = Machine::prepare(ARM64)?;
    machine.lint()?;

    // Always in the same place: it is among the compiler's flags, and other flags compile everything anew.
    let work = target().join("xtask").join("android-stand-ins");
    at(&work, fs::create_dir_all(&work))?;
    let linker = Machine::rust_lld()?;
    let symbols = symbols(true)?;
    for (library, names) in &symbols {
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
        .args(["rustc", "--quiet", "--locked", "--profile", "phone", "--target", ARM64])
        .args(LIBRARY);
    run(cargo.args(["--crate-type", "cdylib"]))?;

    let library = machine.built("libszid_ffi.so");
    inspect(&library, &symbols)?;
    let bytes = at(&library, fs::metadata(&library))?.len();
    size::check(&bindings("phones").join("android-size.txt"), bytes, write_size)
}

/// What may be asked for, by library.
fn symbols(with_unwinder: bool) -> Outcome<BTreeMap<String, BTreeSet<String>>> {
    let list = bindings("phones").join("android-symbols.txt");
    let text = at(&list, fs::read_to_string(&list))?;
    let mut symbols = BTreeMap::<_, BTreeSet<_>>::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((library, symbol)) = line.split_once(' ') else {
            return Err(format!("{}: not a library and a symbol: {line}", list.display()));
        };
        if with_unwinder || library != UNWINDER {
            symbols.entry(library.to_owned()).or_default().insert(symbol.to_owned());
        }
    }
    Ok(symbols)
}

fn inspect(file: &Path, symbols: &BTreeMap<String, BTreeSet<String>>) -> Outcome {
    let permitted = Permitted {
        libraries: symbols.keys().map(|library| format!("{library}.so")).collect(),
        symbols: symbols.values().flatten().cloned().collect(),
    };
    let faults = Library::read(&at(file, fs::read(file))?)?.faults(&permitted);
    if faults.is_empty() {
        Ok(())
    } else {
        Err(format!("{}:\n  {}", file.display(), faults.join("\n  ")))
    }
}
