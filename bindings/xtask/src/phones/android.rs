//! The library for Android: by the NDK for all processors; without one for arm64, linked against stand-ins of
//! bionic.

use std::fs;

use super::called::called_from;
use super::cross::{LIBRARY, Machine};
use super::stand_ins;
use super::symbols::{self, Symbols};
use super::{elf, size};
use crate::paths::{bindings, cargo, target};
use crate::process::{Outcome, at, is_there, run};

const ARM64: &str = "aarch64-linux-android";
/// Android's names of the processors, as an app's folders have them.
const PROCESSORS: [&str; 4] = ["arm64-v8a", "armeabi-v7a", "x86_64", "x86"];
/// The oldest Android that an app may run on.
const API: &str = "26";
/// In place of the NDK's, which is linked in.
const UNWINDER: &str = "libunwind";

pub(crate) fn build(write_size: bool) -> Outcome {
    if is_there("cargo-ndk") && std::env::var_os("ANDROID_NDK_HOME").is_some() {
        by_ndk()
    } else {
        println!(
            "no cargo-ndk or no ANDROID_NDK_HOME: arm64 alone, linked against stand-ins; no app can load it"
        );
        by_stand_ins(write_size)
    }
}

fn by_ndk() -> Outcome {
    let out = target().join("android");
    let mut cargo = cargo();
    cargo.args(["ndk", "--platform", API, "--output-dir"]).arg(&out);
    for processor in PROCESSORS {
        cargo.args(["--target", processor]);
    }
    run(cargo.args(["build", "--locked", "--profile", "phone"]).args(LIBRARY))?;
    let (symbols, called) = (symbols(false)?, called_from("kotlin")?);
    for processor in PROCESSORS {
        elf::inspect(&out.join(processor).join("libszid_ffi.so"), &symbols, &called)?;
    }
    Ok(())
}

fn by_stand_ins(write_size: bool) -> Outcome {
    let machine = Machine::prepare(ARM64)?;
    let library = stand_ins::link(&machine, &symbols(true)?, &called_from("kotlin")?)?;
    let bytes = at(&library, fs::metadata(&library))?.len();
    size::check(&bindings("phones").join("android-size.txt"), bytes, write_size)
}

/// What may be asked for, by library.
fn symbols(with_unwinder: bool) -> Outcome<Symbols> {
    let mut symbols = symbols::listed("android-symbols.txt")?;
    if !with_unwinder {
        symbols.remove(UNWINDER);
    }
    Ok(symbols)
}
