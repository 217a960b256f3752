//! Writes the published test vectors: `cargo run -p szid-protocol --example make-vectors -- tests/vectors`.
//!
//! Keys, clock and signatures are fixed, so every run writes the same bytes; `tests/vectors.rs` freezes them.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::PathBuf;
use std::process::ExitCode;

mod vectors;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: make-vectors FOLDER");
        return ExitCode::from(2);
    };
    let written = std::fs::create_dir_all(&folder).and_then(|()| {
        vectors::files().iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text))
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}
