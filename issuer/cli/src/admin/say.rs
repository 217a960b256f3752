//! What a command says on standard output. Where that cannot be written, what was done is done: the command ends with an exit code
//! of its own, and never with a panic.

use std::fmt::Arguments;
use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

use data_encoding::BASE64URL_NOPAD;
use szid_issuer::commands::CommandFault;
use szid_issuer::store::CredentialId;
use szid_protocol::day::local_time;

use crate::Failure;

/// Why a line was lost. The lines after it are not tried: half of what is said would look like all of it.
static UNTOLD: OnceLock<String> = OnceLock::new();

/// A time, given in Unix seconds, as lists tell it: nobody reads those.
pub(super) fn time(at: u64) -> String {
    format!("{}+08:00", local_time(at))
}

/// Says one line, as `println!` would.
macro_rules! say {
    ($($text:tt)*) => { $crate::admin::say::line(format_args!($($text)*)) };
}
pub(super) use say;

pub(super) fn line(text: Arguments<'_>) {
    if UNTOLD.get().is_none()
        && let Err(error) = write_line(io::stdout().lock(), text)
    {
        let _ = UNTOLD.set(error.to_string());
    }
}

fn write_line(mut output: impl Write, text: Arguments<'_>) -> io::Result<()> {
    writeln!(output, "{text}")?;
    output.flush()
}

/// What a command came to, where some of what it said was lost.
pub(super) fn ended(outcome: Result<ExitCode, Failure>) -> Result<ExitCode, Failure> {
    match UNTOLD.get() {
        Some(error) => outcome.and(Err(Failure::of(&CommandFault::Untold(error.clone())))),
        None => outcome,
    }
}

/// Shows a secret: alone on standard output. One that nobody saw is of no use to anybody but a thief: its credential is named.
pub(super) fn secret(secret: &str, credential: &str) -> Result<ExitCode, Failure> {
    eprintln!("此凭据只显示一次 · this secret is shown once:");
    let shown = match is_thrown_away() {
        true => Err(io::ErrorKind::BrokenPipe.into()),
        false => write_line(io::stdout().lock(), format_args!("{secret}")),
    };
    shown.map(|()| ExitCode::SUCCESS).map_err(|error| {
        Failure::of(&CommandFault::SecretUntold { id: credential.into(), error: error.to_string() })
    })
}

/// A credential's id, as lists give it.
pub(super) fn credential_name(id: &CredentialId) -> String {
    BASE64URL_NOPAD.encode(id)
}

/// Refuses to make a secret that would be thrown away.
pub(super) fn check_secret_is_read() -> Result<(), Failure> {
    match is_thrown_away() {
        true => Err(Failure::of(&CommandFault::Nowhere)),
        false => Ok(()),
    }
}

/// Whether standard output is the null device. The standard library puts that in the place of one that is closed.
#[cfg(unix)]
fn is_thrown_away() -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let is_null = || {
        let output = File::from(io::stdout().as_fd().try_clone_to_owned()?).metadata()?;
        let null = std::fs::metadata("/dev/null")?;
        let device = output.file_type().is_char_device();
        io::Result::Ok(device && output.rdev() == null.rdev())
    };
    is_null().unwrap_or(false)
}

#[cfg(not(unix))]
fn is_thrown_away() -> bool {
    false
}
