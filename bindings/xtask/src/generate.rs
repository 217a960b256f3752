//! The library as debug builds have it, and the code that is generated from it. Generated code is never committed.

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

/// Builds the library, generates the code of a language into one folder, and copies the library into another.
pub(crate) fn generate(language: &str, code: &Path, native: &Path) -> Outcome<Built> {
    let built = paths::target().join("debug");
    let library = match std::env::consts::OS {
        "macos" => "libszid_ffi.dylib",
        _ => "libszid_ffi.so",
    };
    // The whole workspace, with the features that its tests have: after those, nothing is left to build.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = ["build", "--quiet", "--locked", "--workspace", "--lib", "--bins", "--examples"];
    run(Command::new(cargo).current_dir(paths::root()).args(build))?;
    // A linker may drop what the code is generated from, and stripping does: the archive was not linked.
    run(Command::new(built.join("szid-bindgen"))
        .current_dir(paths::root())
        .arg("generate")
        .arg(built.join("libszid_ffi.a"))
        .args(["--language", language, "--no-format", "--out-dir"])
        .arg(code))?;
    at(native, fs::create_dir_all(native))?;
    at(native, fs::copy(built.join(library), native.join(library)))?;
    Ok(Built { city: built.join("examples").join("throw-away-city") })
}
