//! How the administration shows times, names and secrets.

use std::fs::File;
use std::io;
use std::process::ExitCode;

use data_encoding::BASE64URL_NOPAD;
use szid_issuer::commands::CommandFault;
use szid_protocol::day::local_time;
use szid_register::CredentialId;

use crate::{Failure, say};

/// A time, given in Unix seconds, as lists tell it: nobody reads those.
pub(super) fn time(at: u64) -> String {
    format!("{}+08:00", local_time(at))
}

/// Shows a secret: alone on standard output. One that nobody saw is of no use to anybody but a thief: its
/// credential is named.
pub(super) fn secret(secret: &str, credential: &str) -> Result<ExitCode, Failure> {
    hint!("此凭据只显示一次 · this secret is shown once:");
    let shown = match is_thrown_away() {
        true => Err(io::ErrorKind::BrokenPipe.into()),
        false => say::write(io::stdout().lock(), format_args!("{secret}\n")),
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

/// Whether standard output is the null device. The standard library puts that in the place of one that is
/// closed.
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
