//! What is done to the bindings beyond cargo, for every language in the same way: `cargo xtask`.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

mod api;
mod bench;
mod declarations;
mod generate;
#[cfg(test)]
mod ios_words;
mod kotlin;
mod named;
mod page;
mod paths;
mod phones;
mod process;
mod python;
mod swift;

use std::process::ExitCode;

use generate::Parts;

const USAGE: &str = "\
cargo xtask LANGUAGE        generates the bindings and compiles them: kotlin and swift as a phone has them, python
cargo xtask LANGUAGE test   the same with the venue's verifier, and runs their tests against the real service
cargo xtask kotlin bench, cargo xtask swift bench
                            measures what the border costs, with the library as phones have it beside the same in Rust
cargo xtask generate LANGUAGE CODE_FOLDER LIBRARY_FOLDER
                            generates only: code into the one folder, the library that it loads into the other;
                            as a phone has it; with --venue the venue's verifier too; with --contract-tests, for
                            an app's device tests, the contracts of the ports too
                            folders are counted from where this is called
cargo xtask python wheel FOLDER
                            packs the Python module as a wheel for this platform, with its types
cargo xtask check-api       compares the public API of the generated Kotlin and Swift with bindings/api; --write renews it
cargo xtask android         builds the library for Android and looks into it; without an NDK for arm64 alone, to be
                            checked and measured but not loaded. --write puts its size on record
cargo xtask ios             builds the library for iOS and looks into it: on a Mac an XCFramework, elsewhere the static
                            library alone
cargo xtask ios test        runs the tests of the iOS app's models against the real service
cargo xtask harmony         builds the library for HarmonyOS, to be checked and measured but not loaded; --write as for
                            Android

kotlin   needs a JDK of 17 or newer and Maven
swift    needs Swift 6, or root on Debian: then Swift runs in a chroot (SZID_SWIFT_ROOT, by default /var/tmp/szid-swift)
python   needs Python 3.10 or newer with venv (PYTHON names another one than python3)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["kotlin"] => kotlin::build(),
        ["kotlin", "test"] => kotlin::test(),
        ["kotlin", "bench"] => kotlin::bench(),
        ["swift"] => swift::build(),
        ["swift", "test"] => swift::test(),
        ["swift", "bench"] => swift::bench(),
        ["python"] => python::build(),
        ["python", "test"] => python::test(),
        ["python", "wheel", folder] => {
            paths::given(folder).and_then(|folder| python::wheel(&folder))
        }
        ["check-api"] => api::check(false),
        ["check-api", "--write"] => api::check(true),
        ["android"] => phones::android::build(false),
        ["android", "--write"] => phones::android::build(true),
        ["ios"] => phones::ios::build(),
        ["ios", "test"] => swift::test_models(),
        ["harmony"] => phones::harmony::build(false),
        ["harmony", "--write"] => phones::harmony::build(true),
        ["generate", language, code, library, options @ ..] => match parts(options) {
            Some(parts) => paths::given(code).and_then(|code| {
                generate::generate(language, &code, &paths::given(library)?, parts)
            }),
            None => return usage(),
        },
        _ => return usage(),
    };
    match outcome {
        Ok(()) => {
            println!("{}: passed", words.join(" "));
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("xtask: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// What is generated, as a phone has it unless more is asked for.
fn parts(options: &[&str]) -> Option<Parts> {
    let mut parts = Parts::PHONE;
    for option in options {
        match *option {
            "--venue" => parts.venue = true,
            "--contract-tests" => parts.contracts = true,
            _ => return None,
        }
    }
    Some(parts)
}
