//! The library for iOS: an XCFramework on a Mac; elsewhere the static library alone, looked into.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::called::called_from;
use super::cross::{LIBRARY, Machine};
use super::{macho, symbols};
use crate::generate::{Parts, generate};
use crate::paths::{WorkFolder, bindings, target};
use crate::process::{Outcome, at, run};

const PHONE: &str = "aarch64-apple-ios";
const SIMULATOR: &str = "aarch64-apple-ios-sim";
/// The oldest iOS that an app may run on, as the Swift package says.
const OLDEST: &str = "16.0";

pub(crate) fn build() -> Outcome {
    let phone = static_library(PHONE)?;
    if cfg!(target_os = "macos") {
        return framework(&[phone, static_library(SIMULATOR)?]);
    }
    println!(
        "not a Mac: the static library for iPhones alone; no framework, and no app was linked with it"
    );
    println!("built: {}", phone.display());
    Ok(())
}

fn static_library(triple: &'static str) -> Outcome<PathBuf> {
    let machine = Machine::prepare(triple)?;
    let mut cargo = machine.cargo(&[]);
    cargo
        .env("IPHONEOS_DEPLOYMENT_TARGET", OLDEST)
        .args(["rustc", "--quiet", "--locked", "--profile", "phone", "--target", triple])
        .args(LIBRARY);
    run(cargo.args(["--crate-type", "staticlib"]))?;
    let library = machine.built("libszid_ffi.a");
    macho::inspect(&library, &symbols::listed("ios-symbols.txt")?, &called_from("swift")?)?;
    Ok(library)
}

/// Puts the libraries and the header together, for `Package.swift` as a binary target.
fn framework(libraries: &[PathBuf]) -> Outcome {
    let work = WorkFolder::make("ios")?;
    generate("swift", &work.join("generated"), &work.join("native"), Parts::PHONE)?;
    let headers = work.join("headers");
    at(&headers, fs::create_dir_all(&headers))?;
    let header = work.join("generated").join("SzidFFI.h");
    at(&header, fs::copy(&header, headers.join("SzidFFI.h")))?;
    let map = bindings("swift").join("Sources/SzidFFI/module.modulemap");
    at(&map, fs::copy(&map, headers.join("module.modulemap")))?;

    let out = target().join("ios").join("SzidFFI.xcframework");
    if out.exists() {
        at(&out, fs::remove_dir_all(&out))?;
    }
    let mut xcodebuild = Command::new("xcodebuild");
    xcodebuild.arg("-create-xcframework");
    for library in libraries {
        xcodebuild.arg("-library").arg(library).arg("-headers").arg(&headers);
    }
    run(xcodebuild.arg("-output").arg(&out))?;
    println!("built: {}", out.display());
    Ok(())
}
