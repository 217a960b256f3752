//! Other programs, run to their end.

use std::process::Command;

/// What a step comes to: nothing, or what to tell.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// Runs a program and waits for it; a fault names the command.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let line = format!("{command:?}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{status}: {line}")),
        Err(error) => Err(format!("cannot be run: {error}: {line}")),
    }
}

/// Whether a program can be run.
pub(crate) fn is_there(program: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else { return false };
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Names the file that a step failed at.
pub(crate) fn at<T>(path: &std::path::Path, done: std::io::Result<T>) -> Outcome<T> {
    done.map_err(|error| format!("{}: {error}", path.display()))
}
