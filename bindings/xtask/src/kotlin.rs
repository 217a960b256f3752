//! The Kotlin bindings, on a plain JVM by Maven.

use std::fs;
use std::process::Command;

use crate::generate::{Contracts, generate};
use crate::page::code_of_both;
use crate::paths::{WorkFolder, bindings, copy_folder, root};
use crate::process::{Outcome, at, run};

pub(crate) fn build() -> Outcome {
    maven("compile", Contracts::Without)
}

pub(crate) fn test() -> Outcome {
    maven("test", Contracts::With)
}

fn maven(phase: &str, contracts: Contracts) -> Outcome {
    let work = WorkFolder::make("kotlin")?;
    let (code, native) = (work.join("generated"), work.join("native"));
    let built = generate("kotlin", &code, &native, contracts)?;
    // The tests, and beside them the program that stands on the page.
    let tests = work.join("tests");
    copy_folder(&bindings("kotlin").join("src/test/kotlin"), &tests)?;
    let page = code_of_both(&root().join("docs/mobile"), "kotlin", "kotlin")?;
    let quick_start = tests.join("QuickStart.kt");
    at(&quick_start, fs::write(&quick_start, page))?;
    run(Command::new("mvn")
        .current_dir(bindings("kotlin"))
        .args(["-B", "-q", phase])
        .arg(format!("-DbuildDirectory={}", work.join("target").display()))
        .arg(format!("-Dtests={}", tests.display()))
        .arg(format!("-Dbindings={}", code.display()))
        .arg(format!("-Dnative={}", native.display()))
        .arg(format!("-Dcity={}", built.city.display())))
}
