//! The Swift package, by SwiftPM: here where there is Swift, else in a chroot with Debian's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::generate::{Parts, generate, throw_away_city};
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
    // The package is put together aside, with the generated layer in it.
    let own = bindings("swift");
    for folder in ["Sources", "Tests"] {
        copy_folder(&own.join(folder), &work.join(folder))?;
    }
    at(&own, fs::copy(own.join("Package.swift"), work.join("Package.swift")))?;
    place(&work, "Szid.swift", "Sources/Szid")?;
    place(&work, "SzidFFI.h", "Sources/SzidFFI")?;
    // Beside the tests, the program that stands on the page.
    let page = code_of_both(&root().join("docs/mobile"), "swift", "swift")?;
    let quick_start = work.join("Tests/SzidTests/QuickStart.swift");
    at(&quick_start, fs::write(&quick_start, page))?;
    // A chroot sees this folder only.
    let city = native.join("throw-away-city");
    if parts.venue {
        at(&city, fs::copy(throw_away_city(), &city))?;
    }

    let mut command = swift(work.path(), &own, &city);
    command.args([what, "--quiet", "-Xlinker"]).arg(format!("-L{}", native.display()));
    command.args(["-Xlinker", "-rpath", "-Xlinker"]).arg(&native);
    run(&mut command)
}

fn place(work: &WorkFolder, file: &str, folder: &str) -> Outcome {
    let from = work.join("generated").join(file);
    at(&from, fs::copy(&from, work.join(folder).join(file)).map(drop))
}

fn swift(work: &Path, own: &Path, city: &Path) -> Command {
    if is_there("swift") {
        let mut command = Command::new("swift");
        command.current_dir(work).env("SZID_CITY", city);
        return command;
    }
    let root = std::env::var_os("SZID_SWIFT_ROOT")
        .map_or_else(|| "/var/tmp/szid-swift".into(), PathBuf::from);
    let mut command = Command::new(own.join("chroot"));
    command
        .arg(work)
        .arg(root)
        .arg("env")
        .arg(format!("SZID_CITY={}", city.display()))
        .arg("swift");
    command
}
