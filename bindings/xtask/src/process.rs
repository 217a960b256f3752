//! Other programs, run to their end.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

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

/// Runs a program for so long at most, and ends it then.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Outcome {
    let line = format!("{command:?}");
    let mut child = command.spawn().map_err(|error| format!("cannot be run: {error}: {line}"))?;
    for _ in 0..limit.as_secs() {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("{status}: {line}")),
            Ok(None) => sleep(Duration::from_secs(1)),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    Err(format!("not done within {limit:?}: {line}"))
}

/// What a program says, without the last line's end.
pub(crate) fn answer(command: &mut Command) -> Outcome<String> {
    let line = format!("{command:?}");
    match command.stderr(Stdio::inherit()).output() {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
        }
        Ok(output) => Err(format!("{}: {line}", output.status)),
        Err(error) => Err(format!("cannot be run: {error}: {line}")),
    }
}

/// Whether a program can be run.
pub(crate) fn is_there(program: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else { return false };
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// A file's faults, one a line.
pub(crate) fn told(file: &std::path::Path, faults: &[String]) -> Outcome {
    if faults.is_empty() {
        Ok(())
    } else {
        Err(format!("{}:\n  {}", file.display(), faults.join("\n  ")))
    }
}

/// Names the file that a step failed at.
pub(crate) fn at<T>(path: &std::path::Path, done: std::io::Result<T>) -> Outcome<T> {
    done.map_err(|error| format!("{}: {error}", path.display()))
}
