//! Generations: each rewriting of the store is built aside and put in place whole, under the next number.

use std::fs;
use std::path::{Path, PathBuf};

use crate::engine::{ENGINE_DIR, Engine};
use crate::error::VaultError;
use crate::files;
use crate::keys::Keys;
use crate::mirror::Items;
use crate::mirror_file::MirrorFile;

const PREFIX: &str = "store-";
/// Where a generation is built. What a crash leaves there is unfinished and counts for nothing.
pub(crate) const BUILDING_DIR: &str = "building";
/// Where a store goes that could be repaired only in part; the latest one is kept.
pub(crate) const DAMAGED_DIR: &str = "damaged";

/// The number in the name of a generation's directory.
pub(crate) fn number_of(name: &str) -> Option<u64> {
    let number = name.strip_prefix(PREFIX)?.parse().ok()?;
    (name == format!("{PREFIX}{number}")).then_some(number)
}

/// The directory of a generation.
pub(crate) fn dir_of(vault: &Path, number: u64) -> PathBuf {
    vault.join(format!("{PREFIX}{number}"))
}

/// All generations on disk, the highest first.
pub(crate) fn numbers(vault: &Path) -> Result<Vec<u64>, VaultError> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(vault)? {
        numbers.extend(number_of(&entry?.file_name().to_string_lossy()));
    }
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    Ok(numbers)
}

/// The generation in force.
pub(crate) fn current(vault: &Path) -> Result<Option<u64>, VaultError> {
    Ok(numbers(vault)?.first().copied())
}

/// Writes a new generation with these items. A crash at any point leaves the one before in force, or this one
/// whole.
pub(crate) fn write(
    vault: &Path,
    keys: &Keys,
    number: u64,
    commit: u64,
    items: &Items,
) -> Result<(), VaultError> {
    let building = vault.join(BUILDING_DIR);
    files::remove_dir(&building)?;
    let written = write_files(&building, keys, number, commit, items);
    if written.is_err() {
        // Give the space back: the disk may be full.
        let _ = files::remove_dir(&building);
    }
    written?;
    fs::rename(&building, dir_of(vault, number))?;
    Ok(files::sync_dir(vault)?)
}

fn write_files(
    dir: &Path,
    keys: &Keys,
    number: u64,
    commit: u64,
    items: &Items,
) -> Result<(), VaultError> {
    files::create_dir(dir)?;
    let engine = Engine::open(&dir.join(ENGINE_DIR))?;
    let changes: Vec<_> = items.iter().map(|(key, sealed)| (*key, Some(sealed.clone()))).collect();
    for some in changes.chunks(256) {
        engine.apply(some)?;
    }
    engine.sync_files()?;
    drop(engine);
    // Putting the mirror in place makes the directory's entries durable, the engine's among them.
    Ok(MirrorFile::create(dir, keys, number, commit, items)?)
}

/// Removes every generation but one, and what was left unfinished.
pub(crate) fn remove_others(vault: &Path, keep: u64) -> Result<(), VaultError> {
    for number in numbers(vault)?.into_iter().filter(|&number| number != keep) {
        files::remove_dir(&dir_of(vault, number))?;
    }
    Ok(files::remove_dir(&vault.join(BUILDING_DIR))?)
}

/// Puts a generation aside for a specialist.
pub(crate) fn set_aside(vault: &Path, number: u64) -> Result<(), VaultError> {
    files::remove_dir(&vault.join(DAMAGED_DIR))?;
    fs::rename(dir_of(vault, number), vault.join(DAMAGED_DIR))?;
    Ok(files::sync_dir(vault)?)
}
