//! The Swift package, by SwiftPM: here where there is Swift, else in a chroot with Debian's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bench;
use crate::generate::{Parts, build_throw_away_city, generate, szid_program, throw_away_city};
use crate::page::code_of_both;
use crate::paths::{WorkFolder, bindings, copy_folder, root};
use crate::process::{Outcome, at, is_there, run};

pub(crate) fn build() -> Outcome {
    package("build", Parts::PHONE)
}

pub(crate) fn test() -> Outcome {
    package("test", Parts::TESTED)
}

fn package(what: &str, parts: Parts) -> Outcome {
    let work = WorkFolder::make("swift")?;
    let native = work.join("native");
    generate("swift", &work.join("generated"), &native, parts)?;
    let own = bindings("swift");
    copy_folder(&own.join("Tests"), &work.join("Tests"))?;
    put_together(&work, work.path())?;
    // Beside the tests, the program that stands on the page.
    let page = code_of_both(&root().join("docs/mobile"), "swift", "swift")?;
    let quick_start = work.join("Tests/SzidTests/QuickStart.swift");
    at(&quick_start, fs::write(&quick_start, page))?;
    // A chroot sees this folder only.
    let city = native.join("throw-away-city");
    if parts.venue {
        at(&city, fs::copy(throw_away_city(), &city))?;
    }

    run(linked(swift(work.path(), &own, &[("SZID_CITY", &city)]).arg(what), &native))
}

/// What the border costs in Swift: not judged, and best alone on its machine.
pub(crate) fn bench() -> Outcome {
    let work = WorkFolder::make("swift")?;
    let native = work.join("native");
    let program = bench::prepare("swift", &work.join("generated"), &native)?;
    let own = bindings("swift");
    let tests = own.join("Tests/SzidTests");
    bench::sources(&own.join("Benches"), &tests, "swift", &work.join("Tests/SzidTests"))?;
    put_together(&work, work.path())?;
    let city = native.join("throw-away-city");
    at(&city, fs::copy(throw_away_city(), &city))?;
    let named = [("SZID_CITY", city.as_path()), (bench::CODES_IN_RUST, program.as_path())];
    let mut command = swift(work.path(), &own, &named);
    command.args(["test", "--configuration", "release", "--filter", "BorderBench"]);
    run(linked(&mut command, &native))
}

/// The iOS app's models, over the library as a phone has it, against the real service. Its views are
/// compiled.
pub(crate) fn test_models() -> Outcome {
    let work = WorkFolder::make("ios-models")?;
    let native = work.join("native");
    generate("swift", &work.join("generated"), &native, Parts::PHONE)?;
    let package = work.join("Szid");
    put_together(&work, &package)?;
    let app = root().join("ios");
    for file in ["Package.swift", "project.yml", ".swift-format"] {
        at(&app, fs::copy(app.join(file), work.join(file)))?;
    }
    for part in ["Models", "App", "Widget", "LinuxStubs"] {
        copy_folder(&app.join(part), &work.join(part))?;
    }
    let own = bindings("swift");
    let lint = ["format", "lint", "--strict", "--recursive", "App", "Models", "Widget"];
    run(swift(work.path(), &own, &[]).args(lint))?;
    // The city, the phone and its mocks are those of the bindings' own tests.
    bench::of_the_tests(&own.join("Tests/SzidTests"), "swift", &work.join("Models/Tests"))?;
    build_throw_away_city()?;
    let (city, szid) = (native.join("throw-away-city"), native.join("szid"));
    at(&city, fs::copy(throw_away_city(), &city))?;
    at(&szid, fs::copy(szid_program(), &szid))?;

    let named = [("SZID_CITY", city.as_path()), ("SZID_PROGRAM", szid.as_path())];
    let mut command = swift(work.path(), &own, &named);
    if cfg!(target_os = "linux") {
        // Debian's library of observation asks for a symbol that none of its libraries has.
        command.args(["test", "-Xlinker", "--allow-shlib-undefined"]);
    } else {
        command.arg("test");
    }
    run(linked(&mut command, &native))
}

/// The package is put together aside, with the generated layer in it.
fn put_together(work: &WorkFolder, package: &Path) -> Outcome {
    let own = bindings("swift");
    copy_folder(&own.join("Sources"), &package.join("Sources"))?;
    at(&own, fs::copy(own.join("Package.swift"), package.join("Package.swift")))?;
    place(work, "Szid.swift", &package.join("Sources/Szid"))?;
    place(work, "SzidFFI.h", &package.join("Sources/SzidFFI"))
}

fn linked<'a>(command: &'a mut Command, native: &Path) -> &'a mut Command {
    command.args(["--quiet", "-Xlinker"]).arg(format!("-L{}", native.display()));
    command.args(["-Xlinker", "-rpath", "-Xlinker"]).arg(native)
}

fn place(work: &WorkFolder, file: &str, folder: &Path) -> Outcome {
    let from = work.join("generated").join(file);
    at(&from, fs::copy(&from, folder.join(file)).map(drop))
}

fn swift(work: &Path, own: &Path, named: &[(&str, &Path)]) -> Command {
    if is_there("swift") {
        let mut command = Command::new("swift");
        command.current_dir(work).envs(named.iter().copied());
        return command;
    }
    let root = std::env::var_os("SZID_SWIFT_ROOT")
        .map_or_else(|| "/var/tmp/szid-swift".into(), PathBuf::from);
    let mut command = Command::new(own.join("chroot"));
    command.arg(work).arg(root).arg("env");
    command.args(named.iter().map(|(name, path)| format!("{name}={}", path.display())));
    command.arg("swift");
    command
}
