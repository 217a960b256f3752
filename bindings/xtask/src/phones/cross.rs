//! Cargo for another machine than this one.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::paths::{bindings, cargo, host, root, rustc, target};
use crate::process::{Outcome, answer, is_there, run, run_within};

/// How long rustup may take to fetch a standard library, before it is built here.
const RUSTUP: Duration = Duration::from_secs(60);

/// A machine to build for.
pub(crate) struct Machine {
    pub(crate) triple: &'static str,
    /// Where its standard library lies, unless that is among the compiler's own.
    sysroot: Option<PathBuf>,
}

impl Machine {
    /// Has the machine's standard library at hand: rustup's, else built from source once.
    pub(crate) fn prepare(triple: &'static str) -> Outcome<Self> {
        let lies_in =
            |sysroot: &PathBuf| sysroot.join("lib/rustlib").join(triple).join("lib").is_dir();
        let compiler = PathBuf::from(answer(rustc().args(["--print", "sysroot"]))?);
        if lies_in(&compiler) {
            return Ok(Self { triple, sysroot: None });
        }
        let version = answer(rustc().arg("--version"))?;
        let version = version.split_whitespace().nth(1).unwrap_or("unknown");
        let own = target().join("xtask").join(format!("std-{version}"));
        if lies_in(&own) {
            return Ok(Self { triple, sysroot: Some(own) });
        }
        let mut rustup = Command::new("rustup");
        rustup.current_dir(root()).args(["target", "add", triple]);
        if is_there("rustup") && run_within(&mut rustup, RUSTUP).is_ok() && lies_in(&compiler) {
            return Ok(Self { triple, sysroot: None });
        }
        println!("rustup has no standard library for {triple} here: it is built from source, once");
        run(Command::new(bindings("phones").join("std"))
            .current_dir(root())
            .arg(triple)
            .arg(&own))?;
        Ok(Self { triple, sysroot: Some(own) })
    }

    /// Cargo for this machine, with flags for its compiler and nobody else's.
    pub(crate) fn cargo(&self, flags: &[String]) -> Command {
        let mut all: Vec<String> =
            self.sysroot.iter().map(|at| format!("--sysroot={}", at.display())).collect();
        // Lints are told on the machine that tests run on; what is compiled for this one alone is little.
        all.push("-Dwarnings".to_owned());
        all.extend_from_slice(flags);
        let name = self.triple.to_uppercase().replace('-', "_");
        let mut cargo = cargo();
        cargo
            // These would be taken in place of the machine's own.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env(format!("CARGO_TARGET_{name}_RUSTFLAGS"), all.join(" "));
        cargo
    }

    /// Where cargo puts what it built with the profile `phone`.
    pub(crate) fn built(&self, file: &str) -> PathBuf {
        target().join(self.triple).join("phone").join(file)
    }

    /// The linker that comes with the compiler.
    pub(crate) fn rust_lld() -> Outcome<PathBuf> {
        let sysroot = PathBuf::from(answer(rustc().args(["--print", "sysroot"]))?);
        let linker = sysroot.join("lib/rustlib").join(host()?).join("bin/rust-lld");
        if linker.is_file() {
            Ok(linker)
        } else {
            Err(format!("the compiler came without {}", linker.display()))
        }
    }
}

/// The library with the features that phones have: none.
pub(crate) const LIBRARY: [&str; 4] = ["--package", "szid-ffi", "--no-default-features", "--lib"];
