//! The vault: what callers see.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use zeroize::Zeroizing;

use crate::directory::{self, Found, Item};
use crate::envelope::ItemKey;
use crate::error::VaultError;
use crate::keys::Keys;
use crate::lock::{DirectoryLock, LOCK_FILE};
use crate::nonces::Nonces;
use crate::ports::{Entropy, SealingKey};
use crate::record::{self, DirectoryEntry};
use crate::recovery;
use crate::store::{CommitFailure, Store, StoreReport};
use crate::{files, generation, key_file, write_plan};

/// One change in a batch.
#[derive(Clone, Copy)]
pub enum Change<'a> {
    /// Writes a value under a name, over any earlier one.
    Put {
        /// Collection, at most [`MAX_COLLECTION_LEN`](crate::MAX_COLLECTION_LEN) bytes.
        collection: &'a str,
        /// Name in the collection, at most [`MAX_NAME_LEN`](crate::MAX_NAME_LEN) bytes.
        name: &'a str,
        /// The value, at most [`MAX_VALUE_LEN`](crate::MAX_VALUE_LEN) bytes.
        value: &'a [u8],
    },
    /// Removes a record; one that is not there is fine.
    Delete {
        /// Collection of the record.
        collection: &'a str,
        /// Name of the record.
        name: &'a str,
    },
}

impl<'a> Change<'a> {
    pub(crate) fn names(&self) -> (&'a str, &'a str) {
        match *self {
            Change::Put { collection, name, .. } | Change::Delete { collection, name } => {
                (collection, name)
            }
        }
    }
}

/// What had to be repaired at open. Each repair restores every acknowledged record, except `Salvaged`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repair {
    /// The engine was behind or damaged, and was rebuilt from the mirror. The usual case after a kill during a write.
    Engine,
    /// The mirror was behind or damaged, and was rebuilt from the engine.
    Mirror,
    /// Both were damaged. What either still had was kept, and the old files lie in the folder `damaged`. Records
    /// deleted shortly before may be back, and records may be missing.
    Salvaged,
}

/// A record that cannot be read from either copy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DamagedRecord {
    /// Its collection and name, if they can still be known.
    pub names: Option<(String, String)>,
}

impl DamagedRecord {
    pub(crate) fn named(entry: &DirectoryEntry) -> DamagedRecord {
        DamagedRecord { names: Some((entry.collection.clone(), entry.name.clone())) }
    }

    pub(crate) fn unnamed() -> DamagedRecord {
        DamagedRecord { names: None }
    }
}

/// What [`Vault::open`] found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenReport {
    /// There were no records before: the vault is new, or its creation had been cut short. A caller that expects
    /// records learns here that they are gone.
    pub created: bool,
    /// What had to be repaired.
    pub repair: Option<Repair>,
    /// The store was of this older format.
    pub migrated_from: Option<u16>,
    /// The files had grown too large and were rewritten.
    pub compacted: bool,
    /// Records that could not be saved; empty unless `repair` is [`Repair::Salvaged`].
    pub lost: Vec<DamagedRecord>,
}

/// What [`Vault::check`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckReport {
    /// Records that can be read.
    pub intact: usize,
    /// Records that cannot be read from either copy.
    pub damaged: Vec<DamagedRecord>,
    /// The two copies do not agree: opening the vault again repairs that.
    pub needs_repair: bool,
}

/// How much room a vault takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct VaultSize {
    /// Bytes of the two record files.
    pub file_bytes: u64,
    /// Bytes of the sealed records when they were last counted (at open and after each rewriting).
    pub live_bytes: u64,
}

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
    Open {
        keys: Keys,
        store: Store,
    },
    /// A write failed half-way; the store is opened again before the next operation.
    InDoubt {
        keys: Keys,
    },
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
        let (store, StoreReport { created, repair, migrated_from, compacted, lost }) =
            Store::open(path, &keys, &*entropy)?;
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

    /// The names in a collection, sorted. Names that can no longer be read are not among them; [`Vault::check`]
    /// counts those.
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

    /// Applies changes together: after a crash there are all or none. Of several changes to one record the last
    /// counts. Returns once they are safe against a power cut.
    pub fn batch(&self, changes: &[Change<'_>]) -> Result<(), VaultError> {
        write_plan::check(changes)?;
        if changes.is_empty() {
            return Ok(());
        }
        self.reopen_if_in_doubt()?;
        // Before the lock: ports are not called while it is held.
        let mut nonces = Nonces::draw(&*self.entropy, write_plan::nonces_needed(changes))?;
        let mut state = self.write_state();
        let State::Open { keys, store } = &mut *state else { return Err(not_open(&state)) };
        match store.commit(keys, &mut nonces, changes) {
            Ok(()) => Ok(()),
            Err(CommitFailure { error, in_doubt }) => {
                if in_doubt
                    && let State::Open { keys, .. } = std::mem::replace(&mut *state, State::Wiped)
                {
                    *state = State::InDoubt { keys };
                }
                Err(error)
            }
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
        self.reopen_if_in_doubt()?;
        let state = self.read_state();
        let State::Open { keys, store } = &*state else { return Err(not_open(&state)) };
        work(keys, store)
    }

    /// After a write that failed half-way, reads both copies again and settles which one is true.
    fn reopen_if_in_doubt(&self) -> Result<(), VaultError> {
        if !matches!(&*self.read_state(), State::InDoubt { .. }) {
            return Ok(());
        }
        // Reopening may need a nonce, and ports are not called while the lock is held.
        let drawn = DrawnEntropy::draw(&*self.entropy)?;
        let mut state = self.write_state();
        if let State::InDoubt { keys } = &*state {
            let (store, _) = Store::open(&self.path, keys, &drawn)?;
            if let State::InDoubt { keys } = std::mem::replace(&mut *state, State::Wiped) {
                *state = State::Open { keys, store };
            }
        }
        Ok(())
    }

    // A panic under the lock leaves a state that the next open settles, as after a kill; it poisons nothing else.
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

fn not_open(state: &State) -> VaultError {
    match state {
        State::Wiped => VaultError::Wiped,
        _ => VaultError::Io(std::io::ErrorKind::Interrupted),
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

/// The directory, completed from the mirror where the engine's copy cannot be read, and entries readable in neither.
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
    files::remove_file(&path.join(LOCK_FILE))?;
    Ok(files::sync_dir(path)?)
}

/// Randomness drawn ahead of time, enough for reopening a store.
struct DrawnEntropy(std::sync::Mutex<Vec<u8>>);

impl DrawnEntropy {
    fn draw(entropy: &dyn Entropy) -> Result<DrawnEntropy, VaultError> {
        let mut bytes = vec![0; 4 * crate::nonces::NONCE_LEN];
        entropy.fill(&mut bytes)?;
        Ok(DrawnEntropy(std::sync::Mutex::new(bytes)))
    }
}

impl Entropy for DrawnEntropy {
    fn fill(&self, buf: &mut [u8]) -> Result<(), crate::ports::EntropyError> {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = bytes.len().checked_sub(buf.len()).ok_or(crate::ports::EntropyError)?;
        buf.copy_from_slice(&bytes.split_off(rest));
        Ok(())
    }
}
