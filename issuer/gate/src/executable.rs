//! Whether the system would start a file, told from its first bytes, without starting it: a door must not
//! open for that.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The longest first line of a script that systems read, bytes.
const FIRST_LINE: u64 = 256;
/// What programs begin with: ELF, and Mach-O for one kind of processor and for several.
const PROGRAMS: [&[u8]; 4] =
    [b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe"];

/// Finds what a command starts: by its path, or by its name in PATH where it has no slash.
///
/// # Errors
/// Why it cannot be run.
pub(crate) fn find(command: &OsStr) -> io::Result<()> {
    if command.as_bytes().contains(&b'/') {
        return check(Path::new(command));
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut found = Err(io::ErrorKind::NotFound.into());
    for folder in std::env::split_paths(&folders) {
        found = check(&folder.join(command));
        if found.is_ok() {
            break;
        }
    }
    found
}

/// Whether a file may be run by somebody, and is a program or a script whose interpreter is there.
fn check(path: &Path) -> io::Result<()> {
    is_allowed(path)?;
    let mut head = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(FIRST_LINE).read_to_end(&mut head)?,
        // A program may be run and not read.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(()),
        Err(error) => return Err(error),
    };
    if PROGRAMS.iter().any(|program| head.starts_with(program)) {
        return Ok(());
    }
    let Some(line) = head.strip_prefix(b"#!") else {
        return Err(io::Error::other("no program, and no script that begins with #!"));
    };
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut words = line.split(|byte| b" \t".contains(byte)).filter(|word| !word.is_empty());
    let interpreter = words.next().unwrap_or_default();
    let missing = |error: io::Error, name: &[u8]| {
        // A carriage return is part of the name, and shown as one.
        let name = name.escape_ascii();
        io::Error::new(error.kind(), format!("its interpreter {name}: {error}"))
    };
    let path = PathBuf::from(OsStr::from_bytes(interpreter));
    is_allowed(&path).map_err(|error| missing(error, interpreter))?;
    // `env` looks for the interpreter itself, by its first argument; options and variables are left to it.
    let named = words.next().filter(|_| path.file_name() == Some(OsStr::new("env")));
    let named = named.filter(|name| !name.starts_with(b"-") && !name.contains(&b'='));
    named.map_or(Ok(()), |name| find(OsStr::from_bytes(name)).map_err(|error| missing(error, name)))
}

fn is_allowed(path: &Path) -> io::Result<()> {
    let found = std::fs::metadata(path)?;
    if found.is_file() && found.permissions().mode() & 0o111 != 0 {
        return Ok(());
    }
    Err(io::ErrorKind::PermissionDenied.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_needs_a_first_line_with_an_interpreter_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("open");
        let checked = |text: &[u8]| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            check(&path)
        };
        for good in [
            &b"#!/bin/sh\nexit 0\n"[..],
            b"#! /bin/sh -e\n",
            b"#!/bin/sh",
            b"#!/usr/bin/env sh\n",
            b"#!/usr/bin/env -S sh -e\n",
            b"\x7fELF\x02",
        ] {
            assert!(checked(good).is_ok(), "{}", good.escape_ascii());
        }
        for bad in [
            &b""[..],
            b"echo open\n",
            b"\xef\xbb\xbf#!/bin/sh\n",
            b"#!\n",
            b"#!/bin/sh\r\nexit 0\r\n",
            b"#!/no/such/interpreter\n",
            b"#!/usr/bin/env no-such-interpreter\n",
            b"#!/tmp\n",
        ] {
            assert!(checked(bad).is_err(), "{}", bad.escape_ascii());
        }
        let told = checked(b"#!/bin/sh\r\n").unwrap_err().to_string();
        assert!(told.contains("/bin/sh\\r"), "{told}");
    }
}
