//! The library, and the code that is generated from it. Generated code is never committed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Outcome, at, run};
use crate::{named, paths};

/// What the library has, and with it the code: code calls all of it, and goes with a library that has no
/// less.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The venue's verifier, which phones leave out.
    pub(crate) venue: bool,
    /// The contracts of the ports, for a shell's tests. What an app ships has none.
    pub(crate) contracts: bool,
}

impl Parts {
    /// What an app for phones ships.
    pub(crate) const PHONE: Self = Self { venue: false, contracts: false };
    /// What a program of a venue ships.
    pub(crate) const VENUE: Self = Self { venue: true, contracts: false };
    /// What the tests of a language call.
    pub(crate) const TESTED: Self = Self { venue: true, contracts: true };
}

/// Builds the library, generates the code of a language into one folder, and copies the library into another.
pub(crate) fn generate(language: &str, code: &Path, native: &Path, parts: Parts) -> Outcome {
    let debug = paths::target().join("debug");
    let built = if parts.venue {
        // The whole workspace, with the features that its tests have: after those, nothing is left to build.
        let mut what = vec!["--workspace", "--lib", "--bins", "--examples"];
        if parts.contracts {
            what.extend(["--features", "szid-ffi/contract-tests"]);
        }
        build(&what)?;
        debug.clone()
    } else {
        // With an example cargo counts what tests need, or what the generator shares with them is built
        // twice.
        build(&["--workspace", "--bin", "szid-bindgen", "--example", "make-vectors"])?;
        // For this machine by its name, which gives it a folder of its own: with other features the files
        // have the same names.
        let host = paths::host()?;
        let mut what = vec!["-p", "szid-ffi", "--no-default-features", "--lib", "--target", &host];
        if parts.contracts {
            what.extend(["--features", "contract-tests"]);
        }
        build(&what)?;
        paths::target().join(&host).join("debug")
    };
    generate_from(&debug.join("szid-bindgen"), &built, language, code, native)
}

/// The program that stands up a throw-away city, for tests; built with the venue's part.
pub(crate) fn throw_away_city() -> PathBuf {
    paths::target().join("debug").join("examples").join("throw-away-city")
}

/// The program `szid`, which is a gate beside that city; built with it.
pub(crate) fn szid_program() -> PathBuf {
    paths::target().join("debug").join("szid")
}

/// Builds both.
pub(crate) fn build_throw_away_city() -> Outcome {
    build(&["--workspace", "--lib", "--bins", "--examples"])
}

/// The same from a release build of the library alone.
pub(crate) fn generate_for_release(language: &str, code: &Path, native: &Path) -> Outcome {
    build(&["--release", "-p", "szid-ffi", "-p", "szid-bindgen"])?;
    let built = paths::target().join("release");
    generate_from(&built.join("szid-bindgen"), &built, language, code, native)
}

/// The same from what is built as phones have it: its archive still holds what the code is generated from.
pub(crate) fn generate_from_phone(
    built: &Path,
    language: &str,
    code: &Path,
    native: &Path,
) -> Outcome {
    let bindgen = paths::target().join("debug").join("szid-bindgen");
    generate_from(&bindgen, built, language, code, native)
}

pub(crate) fn build(what: &[&str]) -> Outcome {
    println!("cargo build {}: many minutes, where nothing was built before", what.join(" "));
    run(paths::cargo().args(["build", "--quiet", "--locked"]).args(what))
}

fn generate_from(
    bindgen: &Path,
    built: &Path,
    language: &str,
    code: &Path,
    native: &Path,
) -> Outcome {
    let library = match std::env::consts::OS {
        "macos" => "libszid_ffi.dylib",
        _ => "libszid_ffi.so",
    };
    // A linker may drop what the code is generated from, and stripping does: the archive was not linked.
    run(Command::new(bindgen)
        .current_dir(paths::root())
        .arg("generate")
        .arg(built.join("libszid_ffi.a"))
        .args(["--language", language, "--no-format", "--out-dir"])
        .arg(code))?;
    if language == "kotlin" {
        closed_objects_are_refused(&code.join("szid/szid.kt"))?;
    }
    at(native, fs::create_dir_all(native))?;
    at(native, fs::copy(built.join(library), native.join(library)).map(drop))?;
    named::check(code, &native.join(library))
}

/// UniFFI's Kotlin hands an object over as an argument without asking whether it was closed: what was freed
/// would be used again. A call on an object does ask, and keeps it alive meanwhile, so an argument is handed
/// over by one.
///
/// A call counts its own object up before it looks at its arguments, and the library counts it down once it
/// has run. Where an argument is refused, it does not run: the object would stay for good, and with a wallet
/// its folder. Only an argument throws `UniffiClosedArgument`, and so before the library was called.
fn closed_objects_are_refused(file: &Path) -> Outcome {
    let text = at(file, fs::read_to_string(file))?;
    let patched = with_closed_refused(&text)
        .ok_or_else(|| format!("{}: objects are handed over in another way", file.display()))?;
    at(file, fs::write(file, patched))
}

fn with_closed_refused(text: &str) -> Option<String> {
    const UNASKED: &str = "return value.uniffiCloneHandle()";
    const ASKED: &str = "return uniffiOpenArgument { value.callWithHandle { it } }";
    const CALL: &str = "            return block(this.uniffiCloneHandle())\n";
    const COUNTED: &str = "            \
            val counted = this.uniffiCloneHandle()
            try {
                return block(counted)
            } catch (closed: UniffiClosedArgument) {
                this.uniffiUncount(counted)
                throw closed
            }
";
    const BEFORE: &str = "    internal inline fun <R> callWithHandle(";
    // The action that frees is private, and what is inline may not name it.
    const UNCOUNT: &str =
        "    internal fun uniffiUncount(handle: Long) = UniffiCleanAction(handle).run()\n\n";
    const OWN: &str = "

internal class UniffiClosedArgument(closed: IllegalStateException) : IllegalStateException(closed.message, closed)

internal inline fun uniffiOpenArgument(handle: () -> Long): Long = try {
    handle()
} catch (closed: IllegalStateException) {
    throw UniffiClosedArgument(closed)
}
";
    let calls = text.matches(CALL).count();
    let alike = text.matches(BEFORE).count() == calls
        && text.matches("private class UniffiCleanAction(").count() == calls;
    if !text.contains(UNASKED) || calls == 0 || !alike {
        return None;
    }
    let text = text.replace(UNASKED, ASKED).replace(CALL, COUNTED);
    let text = text.replace(BEFORE, &format!("{UNCOUNT}{BEFORE}"));
    // UniFFI's word for what the app called `close()`.
    Some(text.replace(" object has already been destroyed", " was closed") + OWN)
}

#[cfg(test)]
mod tests {
    use super::with_closed_refused;

    /// What UniFFI generates of one object, as far as it is changed here.
    const OBJECT: &str = "    \
    internal inline fun <R> callWithHandle(block: (handle: Long) -> R): R {
                throw IllegalStateException(\"${this.javaClass.simpleName} object has already been destroyed\")
        try {
            return block(this.uniffiCloneHandle())
        } finally {
    private class UniffiCleanAction(private val handle: Long) : Runnable {
        return value.uniffiCloneHandle()
";

    #[test]
    fn a_call_counts_its_object_down_again_where_an_argument_is_closed() {
        let patched = with_closed_refused(&OBJECT.repeat(2)).unwrap();
        for (word, times) in [
            ("return value.uniffiCloneHandle()", 0),
            ("uniffiOpenArgument { value.callWithHandle { it } }", 2),
            ("catch (closed: UniffiClosedArgument) {", 2),
            ("this.uniffiUncount(counted)", 2),
            ("internal fun uniffiUncount(", 2),
            ("class UniffiClosedArgument(", 1),
            ("simpleName} was closed", 2),
        ] {
            assert_eq!(patched.matches(word).count(), times, "{word}: {patched}");
        }
    }

    #[test]
    fn code_that_is_generated_in_another_way_is_not_taken() {
        for part in ["return value.", "return block(", "private class", "internal inline"] {
            assert!(with_closed_refused(&OBJECT.replace(part, "")).is_none(), "{part}");
        }
    }
}
