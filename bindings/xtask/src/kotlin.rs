//! The Kotlin bindings, on a plain JVM by Maven.

use std::process::Command;

use crate::generate::generate;
use crate::paths::{WorkFolder, bindings};
use crate::process::{Outcome, run};

pub(crate) fn build() -> Outcome {
    maven("compile")
}

pub(crate) fn test() -> Outcome {
    maven("test")
}

fn maven(phase: &str) -> Outcome {
    let work = WorkFolder::make("kotlin")?;
    let (code, native) = (work.join("generated"), work.join("native"));
    let built = generate("kotlin", &code, &native)?;
    run(Command::new("mvn")
        .current_dir(bindings("kotlin"))
        .args(["-B", "-q", phase])
        .arg(format!("-DbuildDirectory={}", work.join("target").display()))
        .arg(format!("-Dbindings={}", code.display()))
        .arg(format!("-Dnative={}", native.display()))
        .arg(format!("-Dcity={}", built.city.display())))
}
