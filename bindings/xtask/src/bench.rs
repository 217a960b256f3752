//! What benchmarks of the bindings need: the library as phones have it, and a program that does the same
//! without a border.

use std::fs;
use std::path::{Path, PathBuf};

use crate::generate::{build, build_throw_away_city, generate_from_phone};
use crate::paths::{copy_folder, target};
use crate::process::{Outcome, at};

/// The program in Rust. The benchmarks find it by this name in their environment.
pub(crate) const CODES_IN_RUST: &str = "SZID_CODES_IN_RUST";
const PROGRAM: &str = "codes-in-rust";
/// What benchmarks and other packages take of a language's tests.
const OF_THE_TESTS: [&str; 3] = ["City", "Phone", "SoftwareMocks"];

/// Builds the library as phones have it, generates its code, and puts the library beside it.
/// Returns the program in Rust, built with it.
pub(crate) fn prepare(language: &str, code: &Path, native: &Path) -> Outcome<PathBuf> {
    println!("building a city and the generator");
    build_throw_away_city()?;
    println!(
        "building the library as phones have it: from nothing it takes minutes, and many on a busy machine"
    );
    build(&[
        "--profile",
        "phone",
        "--package",
        "szid-ffi",
        "--no-default-features",
        "--lib",
        "--example",
        PROGRAM,
    ])?;
    let built = target().join("phone");
    generate_from_phone(&built, language, code, native)?;
    // A chroot sees this folder only.
    let program = native.join(PROGRAM);
    at(&program, fs::copy(built.join("examples").join(PROGRAM), &program))?;
    Ok(program)
}

/// The benchmarks' sources, and the tests' that they use, in a folder of their own.
pub(crate) fn sources(benches: &Path, tests: &Path, ending: &str, into: &Path) -> Outcome {
    copy_folder(benches, into)?;
    of_the_tests(tests, ending, into)
}

/// A city, a phone and its mocks.
pub(crate) fn of_the_tests(tests: &Path, ending: &str, into: &Path) -> Outcome {
    for name in OF_THE_TESTS {
        let file = format!("{name}.{ending}");
        at(tests, fs::copy(tests.join(&file), into.join(&file)))?;
    }
    Ok(())
}
