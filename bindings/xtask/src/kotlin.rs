//! The Kotlin bindings, on a plain JVM by Maven.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::bench;
use crate::generate::{Parts, generate, throw_away_city};
use crate::page::code_of_both;
use crate::paths::{WorkFolder, bindings, copy_folder, root};
use crate::process::{Outcome, at, run};

pub(crate) fn build() -> Outcome {
    maven("compile", Parts::PHONE)
}

pub(crate) fn test() -> Outcome {
    maven("test", Parts::TESTED)
}

fn maven(phase: &str, parts: Parts) -> Outcome {
    let work = WorkFolder::make("kotlin")?;
    let (code, native) = (work.join("generated"), work.join("native"));
    generate("kotlin", &code, &native, parts)?;
    // The tests, and beside them the program that stands on the page.
    let tests = work.join("tests");
    copy_folder(&bindings("kotlin").join("src/test/kotlin"), &tests)?;
    let page = code_of_both(&root().join("docs/mobile"), "kotlin", "kotlin")?;
    // A phone has no venue's part; the page's program is compiled with what it has.
    let more =
        if parts.venue { bindings("kotlin").join("src/venue/kotlin") } else { work.join("page") };
    let quick_start = if parts.venue { &tests } else { &more }.join("QuickStart.kt");
    at(&more, fs::create_dir_all(&more))?;
    at(&quick_start, fs::write(&quick_start, page))?;
    run(mvn(phase, &work, &tests, &more).arg(format!("-Dcity={}", throw_away_city().display())))
}

/// What the border costs on a JVM: not judged, and best alone on its machine.
pub(crate) fn bench() -> Outcome {
    let work = WorkFolder::make("kotlin")?;
    let program = bench::prepare("kotlin", &work.join("generated"), &work.join("native"))?;
    let (benches, more) = (work.join("benches"), work.join("more"));
    let own = bindings("kotlin").join("src");
    bench::sources(&own.join("bench/kotlin"), &own.join("test/kotlin"), "kt", &benches)?;
    at(&more, fs::create_dir_all(&more))?;
    run(mvn("test", &work, &benches, &more)
        .arg("-Dtest=BorderBench")
        .arg(format!("-Dcity={}", throw_away_city().display()))
        .env(bench::CODES_IN_RUST, program))
}

fn mvn(phase: &str, work: &WorkFolder, tests: &Path, more: &Path) -> Command {
    let mut command = Command::new("mvn");
    command
        .current_dir(bindings("kotlin"))
        .args(["-B", "-q", phase])
        .arg(format!("-DbuildDirectory={}", work.join("target").display()))
        .arg(format!("-Dtests={}", tests.display()))
        .arg(format!("-Dbindings={}", work.join("generated").display()))
        .arg(format!("-Dmore={}", more.display()))
        .arg(format!("-Dnative={}", work.join("native").display()));
    command
}
