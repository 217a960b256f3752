//! The library for HarmonyOS: linted, linked against stand-ins of its C library, looked into.

use super::called::called_from;
use super::cross::Machine;
use super::{stand_ins, symbols};
use crate::process::Outcome;

const ARM64: &str = "aarch64-unknown-linux-ohos";

pub(crate) fn build() -> Outcome {
    println!("arm64, linked against stand-ins; no app can load it");
    let machine = Machine::prepare(ARM64)?;
    machine.lint()?;
    // Nothing is generated for ArkTS; a module of an app's own would call what Kotlin calls.
    let called = called_from("kotlin")?;
    let library = stand_ins::link(&machine, &symbols::listed("harmony-symbols.txt")?, &called)?;
    println!("linked: {}", library.display());
    Ok(())
}
