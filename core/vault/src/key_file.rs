//! The key file on disk: made before anything else, and asked first at every open.

use std::fs;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{DamagedPart, VaultError};
use crate::files;
use crate::generation;
use crate::header::{Header, MAX_HEADER_LEN};
use crate::keys::{Keys, MASTER_KEY_LEN, VAULT_ID_LEN};
use crate::lock::LOCK_FILE;
use crate::ports::{Entropy, SealingKey};
use crate::reserve::{RESERVE_FILE, TRIAL_FILE};

/// Name of the key file.
pub(crate) const KEY_FILE: &str = "key";
const KEY_FILE_TEMPORARY: &str = "key.tmp";

/// Opens the vault's keys, or makes new ones for a new vault. The flag says whether they are new.
pub(crate) fn load_or_make(
    dir: &Path,
    sealing: &dyn SealingKey,
    entropy: &dyn Entropy,
) -> Result<(Keys, bool), VaultError> {
    match files::read_bounded(&dir.join(KEY_FILE), MAX_HEADER_LEN as u64)? {
        Some(bytes) => Ok((load(&bytes, sealing)?, false)),
        None => {
            refuse_to_make_over_data(dir)?;
            Ok((make(dir, sealing, entropy)?, true))
        }
    }
}

fn load(bytes: &[u8], sealing: &dyn SealingKey) -> Result<Keys, VaultError> {
    let header = Header::decode(bytes)?;
    let plain = sealing.unwrap(&header.wrapped)?;
    let master =
        <&[u8; MASTER_KEY_LEN]>::try_from(plain.as_slice()).map_err(|_| VaultError::WrongKey)?;
    let keys = Keys::derive(master, &header.vault_id);
    if header.belongs_to(&keys) { Ok(keys) } else { Err(VaultError::WrongKey) }
}

fn make(dir: &Path, sealing: &dyn SealingKey, entropy: &dyn Entropy) -> Result<Keys, VaultError> {
    let mut master = Zeroizing::new([0u8; MASTER_KEY_LEN]);
    let mut vault_id = [0u8; VAULT_ID_LEN];
    entropy.fill(master.as_mut())?;
    entropy.fill(&mut vault_id)?;
    let keys = Keys::derive(&master, &vault_id);
    let header = Header::make(vault_id, sealing.wrap(master.as_ref())?, &keys)?.encode();
    // A key store that cannot open what it sealed is found out before anything is entrusted to it.
    load(&header, sealing)?;
    files::write_atomically(dir, KEY_FILE, &header)?;
    Ok(keys)
}

/// Whether the directory holds a vault, or may become one. Asked before anything is written into it.
pub(crate) fn check_directory(dir: &Path) -> Result<(), VaultError> {
    match files::read_bounded(&dir.join(KEY_FILE), MAX_HEADER_LEN as u64)? {
        Some(bytes) => Header::decode(&bytes).map(drop),
        None => refuse_to_make_over_data(dir),
    }
}

/// Whether the directory holds a vault, however damaged, or nothing. Asked before anything is removed from
/// it.
pub(crate) fn check_wipeable(dir: &Path) -> Result<(), VaultError> {
    match check_directory(dir) {
        Err(VaultError::Foreign) if generation::current(dir)?.is_none() => Err(VaultError::Foreign),
        _ => Ok(()),
    }
}

/// A new key beside old records would make them unreadable for ever, and a vault in somebody else's directory
/// would end in the removal of their files.
fn refuse_to_make_over_data(dir: &Path) -> Result<(), VaultError> {
    let mut foreign = false;
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if generation::number_of(&name).is_some() || name == generation::BUILDING_DIR {
            return Err(VaultError::Damaged(DamagedPart::KeyFile));
        }
        foreign |= ![LOCK_FILE, KEY_FILE_TEMPORARY, RESERVE_FILE, TRIAL_FILE].contains(&&*name);
    }
    if foreign { Err(VaultError::Foreign) } else { Ok(()) }
}

/// Removes the key file, durably.
pub(crate) fn remove(dir: &Path) -> Result<(), VaultError> {
    files::remove_file(&dir.join(KEY_FILE))?;
    files::remove_file(&dir.join(KEY_FILE_TEMPORARY))?;
    Ok(files::sync_dir(dir)?)
}
