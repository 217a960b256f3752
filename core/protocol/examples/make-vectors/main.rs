//! Writes the published test vectors: `cargo run -p szid-protocol --example make-vectors -- tests/vectors`.
//!
//! With a second folder it also writes what the fuzz targets start from:
//! `cargo run -p szid-protocol --example make-vectors -- tests/vectors core/protocol/tests/__fuzz__`.
//!
//! Keys, clock and signatures are fixed, so every run writes the same bytes; `tests/vectors.rs` freezes them.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod vectors;

fn main() -> ExitCode {
    let mut folders = std::env::args_os().skip(1).map(PathBuf::from);
    let Some(folder) = folders.next() else {
        eprintln!("usage: make-vectors FOLDER [FUZZ_FOLDER]");
        return ExitCode::from(2);
    };
    let written = write_vectors(&folder)
        .and_then(|()| folders.next().map_or(Ok(()), |folder| write_corpus(&folder)));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write_vectors(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    vectors::files().iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text))
}

fn write_corpus(folder: &Path) -> std::io::Result<()> {
    for (target, inputs) in vectors::corpus::all() {
        let folder = folder.join(target).join("corpus");
        std::fs::create_dir_all(&folder)?;
        for (number, input) in inputs.iter().enumerate() {
            std::fs::write(folder.join(format!("{number:03}")), input)?;
        }
    }
    Ok(())
}
