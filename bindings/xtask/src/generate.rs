//! The library, and the code that is generated from it. Generated code is never committed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::paths;
use crate::process::{Outcome, at, run};

/// What cargo has built.
pub(crate) struct Built {
    /// Stands up a throw-away city, for tests.
    pub(crate) city: PathBuf,
}

/// Whether the library has the contracts of its ports, for a shell's tests. Apps are generated without.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contracts {
    With,
    Without,
}

/// Builds the library, generates the code of a language into one folder, and copies the library into another.
pub(crate) fn generate(
    language: &str,
    code: &Path,
    native: &Path,
    contracts: Contracts,
) -> Outcome<Built> {
    // The whole workspace, with the features that its tests have: after those, nothing is left to build.
    let mut what = vec!["--workspace", "--lib", "--bins", "--examples"];
    if contracts == Contracts::With {
        what.extend(["--features", "szid-ffi/contract-tests"]);
    }
    build(&what)?;
    let built = paths::target().join("debug");
    generate_from(&built, language, code, native)?;
    Ok(Built { city: built.join("examples").join("throw-away-city") })
}

/// The same from a release build of the library alone.
pub(crate) fn generate_for_release(language: &str, code: &Path, native: &Path) -> Outcome {
    build(&["--release", "-p", "szid-ffi", "-p", "szid-bindgen"])?;
    generate_from(&paths::target().join("release"), language, code, native)
}

fn build(what: &[&str]) -> Outcome {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    run(command.current_dir(paths::root()).args(["build", "--quiet", "--locked"]).args(what))
}

fn generate_from(built: &Path, language: &str, code: &Path, native: &Path) -> Outcome {
    let library = match std::env::consts::OS {
        "macos" => "libszid_ffi.dylib",
        _ => "libszid_ffi.so",
    };
    // A linker may drop what the code is generated from, and stripping does: the archive was not linked.
    run(Command::new(built.join("szid-bindgen"))
        .current_dir(paths::root())
        .arg("generate")
        .arg(built.join("libszid_ffi.a"))
        .args(["--language", language, "--no-format", "--out-dir"])
        .arg(code))?;
    at(native, fs::create_dir_all(native))?;
    at(native, fs::copy(built.join(library), native.join(library)).map(drop))
}
