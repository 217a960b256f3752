//! The library for HarmonyOS: linked against stand-ins of its C library, looked into.

use std::fs;

use super::called::called_from;
use super::cross::Machine;
use super::{size, stand_ins, symbols};
use crate::paths::bindings;
use crate::process::{Outcome, at};

const ARM64: &str = "aarch64-unknown-linux-ohos";

pub(crate) fn build(write_size: bool) -> Outcome {
    println!("arm64, linked against stand-ins; no app can load it");
    let machine = Machine::prepare(ARM64)?;
    // Nothing is generated for ArkTS; a module of an app's own would call what Kotlin calls.
    let called = called_from("kotlin")?;
    let library = stand_ins::link(&machine, &symbols::listed("harmony-symbols.txt")?, &called)?;
    println!("linked: {}", library.display());
    let bytes = at(&library, fs::metadata(&library))?.len();
    size::check(&bindings("phones").join("harmony-size.txt"), bytes, write_size)
}
