//! The vault: what callers see.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use zeroize::Zeroizing;

use crate::change::Change;
use crate::directory::{self, Found, Item};
use crate::envelope::ItemKey;
use crate::error::VaultError;
use crate::keys::Keys;
use crate::lock::{DirectoryLock, LOCK_FILE};
use crate::nonces::Nonces;
use crate::ports::{Entropy, SealingKey};
use crate::record::{self, DirectoryEntry};
use crate::recovery;
use crate::report::{CheckReport, DamagedRecord, OpenReport, VaultSize};
use crate::store::{Store, StoreReport};
use crate::{files, generation, key_file, reserve, write_plan};

/// An open vault. Share it with [`Arc`]; every method takes `&self`.
pub struct Vault {
    path: PathBuf,
    sealing: Arc<dyn SealingKey>,
    entropy: Arc<dyn Entropy>,
    state: RwLock<State>,
    _lock: DirectoryLock,
}

// There is one state per vault, so its size does not matter.
#[allow(clippy::large_enum_variant)]
enum State {
    Open { keys: Keys, store: Store },
    Wiped,
}

impl Vault {
    /// Opens the vault in this directory, or creates it if the directory is empty or missing.
    pub fn open(
        path: impl AsRef<Path>,
        sealing: Arc<dyn SealingKey>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<(Vault, OpenReport), VaultError> {
        let path = path.as_ref();
        if path.exists() && !path.is_dir() {
            return Err(VaultError::Foreign);
        }
        files::create_dir(path)?;
        key_file::check_directory(path)?;
        let lock = DirectoryLock::take(path)?;
        let (keys, _) = key_file::load_or_make(path, &*sealing, &*entropy)?;
        reserve::make_room(path);
        let opened = match Store::open(path, &keys, &*entropy) {
            Err(VaultError::DiskFull) if reserve::give_up(path) => {
                Store::open(path, &keys, &*entropy)
            }
            opened => opened,
        };
        let (store, StoreReport { created, repair, migrated_from, compacted, lost }) = opened?;
        reserve::keep(path);
        let state = RwLock::new(State::Open { keys, store });
        let vault = Vault { path: path.to_owned(), sealing, entropy, state, _lock: lock };
        Ok((vault, OpenReport { created, repair, migrated_from, compacted, lost }))
    }

    /// Writes a value, over any earlier one of that name. Returns once it is safe against a power cut.
    pub fn put(&self, collection: &str, name: &str, value: &[u8]) -> Result<(), VaultError> {
        self.batch(&[Change::Put { collection, name, value }])
    }

    /// Reads a value; `None` if there is no such record.
    pub fn get(
        &self,
        collection: &str,
        name: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        record::check_names(collection, name)?;
        self.read(|keys, store| {
            let from_engine = read_record(keys, &|key| store.engine.get(key), collection, name);
            let found = match from_engine {
                Found::Damaged => {
                    let (items, _) = store.read_mirror(keys);
                    read_record(keys, &|key| recovery::lookup(&items, key), collection, name)
                }
                found => return Ok(found.into_option()),
            };
            match found {
                Found::Intact(value) => Ok(Some(value)),
                // The engine knows of the record, so "nothing" in the mirror is damage too.
                Found::Nothing | Found::Damaged => Err(VaultError::RecordDamaged {
                    collection: collection.to_owned(),
                    name: name.to_owned(),
                }),
            }
        })
    }

    /// Removes a record, durably. Says whether there was one.
    pub fn delete(&self, collection: &str, name: &str) -> Result<bool, VaultError> {
        record::check_names(collection, name)?;
        let there = self.read(|keys, store| {
            Ok(!matches!(
                directory::entry_of(keys, &|key| store.engine.get(key), collection, name),
                Found::Nothing
            ))
        })?;
        if there {
            self.batch(&[Change::Delete { collection, name }])?;
        }
        Ok(there)
    }

    /// The names in a collection, sorted. Names that can no longer be read are not among them;
    /// [`Vault::check`] counts those.
    pub fn list(&self, collection: &str) -> Result<Vec<String>, VaultError> {
        record::check_size("collection name", collection.len(), record::MAX_COLLECTION_LEN)?;
        self.read(|keys, store| {
            let (entries, _) = entries(keys, store);
            let mut names: Vec<_> = entries
                .into_iter()
                .filter(|entry| entry.collection == collection)
                .map(|entry| entry.name)
                .collect();
            names.sort_unstable();
            Ok(names)
        })
    }

    /// Applies changes together: after a crash there are all or none. Of several changes to one record the
    /// last counts. Returns once they are safe against a power cut.
    pub fn batch(&self, changes: &[Change<'_>]) -> Result<(), VaultError> {
        write_plan::check(changes)?;
        if changes.is_empty() {
            return Ok(());
        }
        // Before the lock: ports are not called while it is held.
        let mut nonces = Nonces::draw(&*self.entropy, write_plan::nonces_needed(changes))?;
        match &mut *self.write_state() {
            State::Open { keys, store } => store.commit(keys, &mut nonces, changes),
            State::Wiped => Err(VaultError::Wiped),
        }
    }

    /// Reads and authenticates every record in both copies.
    pub fn check(&self) -> Result<CheckReport, VaultError> {
        self.read(|keys, store| {
            let (entries, mut damaged) = entries(keys, store);
            let (mirror, mirror_whole) = store.read_mirror(keys);
            let (engine, engine_whole) = store.engine.all();
            let mut intact = 0;
            for entry in entries {
                let readable =
                    directory::value_of(keys, &|key| recovery::lookup(&engine, key), &entry)
                        .is_some()
                        || directory::value_of(keys, &|key| recovery::lookup(&mirror, key), &entry)
                            .is_some();
                if readable {
                    intact += 1;
                } else {
                    damaged.push(DamagedRecord::named(&entry));
                }
            }
            damaged.sort();
            Ok(CheckReport {
                intact,
                damaged,
                needs_repair: !engine_whole || !mirror_whole || engine != mirror,
            })
        })
    }

    /// The room that the vault takes.
    pub fn size(&self) -> Result<VaultSize, VaultError> {
        self.read(|_, store| {
            Ok(VaultSize { file_bytes: store.file_bytes(), live_bytes: store.live_bytes() })
        })
    }

    /// Destroys the vault: the sealing key first, so that whatever remains can never be read, then the files.
    ///
    /// If the key cannot be destroyed the files are removed all the same, and the error is returned; call
    /// [`Vault::wipe_closed`] again until it succeeds.
    pub fn wipe(&self) -> Result<(), VaultError> {
        let destroyed = self.sealing.destroy();
        let mut state = self.write_state();
        // Drops the derived keys and closes the engine.
        *state = State::Wiped;
        let removed = remove_files(&self.path);
        destroyed?;
        removed
    }

    /// Destroys a vault that is not open, for instance one that no longer opens. Succeeds if there is none.
    pub fn wipe_closed(path: impl AsRef<Path>, sealing: &dyn SealingKey) -> Result<(), VaultError> {
        let path = path.as_ref();
        if !path.exists() {
            return Ok(sealing.destroy()?);
        }
        key_file::check_wipeable(path)?;
        let _lock = DirectoryLock::take(path)?;
        let destroyed = sealing.destroy();
        let removed = remove_files(path);
        destroyed?;
        removed
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&Keys, &Store) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        match &*self.read_state() {
            State::Open { keys, store } => work(keys, store),
            State::Wiped => Err(VaultError::Wiped),
        }
    }

    // A panic under the lock leaves a state that the next open settles, as after a kill; it poisons nothing
    // else.
    fn read_state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_state(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Found<T> {
    fn into_option(self) -> Option<T> {
        match self {
            Found::Intact(value) => Some(value),
            Found::Nothing | Found::Damaged => None,
        }
    }
}

fn read_record(
    keys: &Keys,
    source: &impl Fn(&ItemKey) -> Item,
    collection: &str,
    name: &str,
) -> Found<Zeroizing<Vec<u8>>> {
    match directory::entry_of(keys, source, collection, name) {
        Found::Nothing => Found::Nothing,
        Found::Damaged => Found::Damaged,
        Found::Intact(entry) => {
            directory::value_of(keys, source, &entry).map_or(Found::Damaged, Found::Intact)
        }
    }
}

/// The directory, completed from the mirror where the engine's copy cannot be read, and entries readable in
/// neither.
fn entries(keys: &Keys, store: &Store) -> (Vec<DirectoryEntry>, Vec<DamagedRecord>) {
    let (engine, whole) = store.engine.directory();
    let found: Vec<_> =
        engine.iter().map(|(key, bytes)| directory::open_entry(keys, key, bytes)).collect();
    if whole && found.iter().all(Option::is_some) {
        return (found.into_iter().flatten().collect(), Vec::new());
    }
    let (mirror, _) = store.read_mirror(keys);
    let mut all: Vec<&ItemKey> =
        engine.keys().chain(mirror.keys()).filter(|key| directory::is_directory_key(key)).collect();
    all.sort_unstable();
    all.dedup();
    let (mut entries, mut damaged) = (Vec::new(), Vec::new());
    for key in all {
        let from = |items: &crate::mirror::Items| {
            items.get(key).and_then(|bytes| directory::open_entry(keys, key, bytes))
        };
        match from(&engine).or_else(|| from(&mirror)) {
            Some(entry) => entries.push(entry),
            None => damaged.push(DamagedRecord::unnamed()),
        }
    }
    (entries, damaged)
}

/// The key file first: without it the rest cannot be read even if the removal is cut short.
fn remove_files(path: &Path) -> Result<(), VaultError> {
    key_file::remove(path)?;
    for number in generation::numbers(path)? {
        files::remove_dir(&generation::dir_of(path, number))?;
    }
    files::remove_dir(&path.join(generation::BUILDING_DIR))?;
    files::remove_dir(&path.join(generation::DAMAGED_DIR))?;
    files::remove_file(&path.join(reserve::RESERVE_FILE))?;
    files::remove_file(&path.join(reserve::TRIAL_FILE))?;
    files::remove_file(&path.join(LOCK_FILE))?;
    Ok(files::sync_dir(path)?)
}
