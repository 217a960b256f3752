//! Which mode a folder of keys is for. Passes of a demonstration would be good at a city's gates, which
//! verify without the register, if the same key signed for both.

use std::io::ErrorKind;
use std::path::Path;

use szid_register::Mode;

use crate::{Failure, write_file};

/// Beside the keys: the word of their mode, from the founding of their register on.
const FILE: &str = "mode";

/// Refuses keys of the other mode. Keys without a mark are older than marks, or have no register yet.
pub(crate) fn check_keys_mode(folder: &Path, mode: Mode) -> Result<(), Failure> {
    let path = folder.join(FILE);
    let found = match std::fs::read_to_string(&path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::unread(&path, error)),
    };
    if found.trim() == mode.word() {
        return Ok(());
    }
    let (folder, found) = (folder.display(), found.trim());
    Err(Failure::usage(
        format_args!(
            "{folder} 中的密钥用于 {found}，不能用于 {mode}：模式由 szid.toml 的 demo_mode（或 szid admin found 的 --mode）决定，请更正；两种模式各有密钥，见 szid admin keys"
        ),
        format_args!(
            "the keys in {folder} are for {found}, not for {mode}: demo_mode in szid.toml (or --mode of szid admin found) says which, correct it; each mode has keys of its own, see szid admin keys"
        ),
    ))
}

/// Marks keys with the mode of the register that they will sign for.
pub(super) fn mark_keys(folder: &Path, mode: Mode) -> Result<(), Failure> {
    check_keys_mode(folder, mode)?;
    write_file(&folder.join(FILE), format!("{mode}\n"))
}
