//! A store: one generation on disk, with its engine and its mirror.

use std::path::{Path, PathBuf};

use crate::change::Change;
use crate::compaction;
use crate::directory::{self, Found};
use crate::engine::{ENGINE_DIR, Engine, EngineFailure};
use crate::error::{DamagedPart, VaultError};
use crate::generation;
use crate::keys::Keys;
use crate::migration;
use crate::mirror::Items;
use crate::mirror_file::MirrorFile;
use crate::nonces::Nonces;
use crate::ports::Entropy;
use crate::recovery::{self, Verdict};
use crate::report::{DamagedRecord, Repair};
use crate::{record, write_plan};

/// An open store.
pub(crate) struct Store {
    vault: PathBuf,
    number: u64,
    pub(crate) engine: Engine,
    mirror: MirrorFile,
    commit: u64,
    live: u64,
    rewrite_beyond: u64,
    /// A commit failed half-way, so the copies may differ. Reads go on; the next commit settles it first.
    in_doubt: bool,
}

/// What opening a store found and did.
#[derive(Default)]
pub(crate) struct StoreReport {
    pub(crate) created: bool,
    pub(crate) repair: Option<Repair>,
    pub(crate) migrated_from: Option<u16>,
    pub(crate) compacted: bool,
    pub(crate) lost: Vec<DamagedRecord>,
}

impl Store {
    /// Opens the generation in force; repairs, migrates and compacts it where that is needed.
    pub(crate) fn open(
        vault: &Path,
        keys: &Keys,
        entropy: &dyn Entropy,
    ) -> Result<(Store, StoreReport), VaultError> {
        let mut report = StoreReport::default();
        let number = match generation::current(vault)? {
            Some(number) => number,
            None => {
                report.created = true;
                create(vault, keys, entropy)?
            }
        };
        generation::remove_others(vault, number)?;
        let dir = generation::dir_of(vault, number);
        let replay = MirrorFile::read(&dir, keys, number)?;
        let mirror = match &replay {
            Some(replay) if replay.complete => Some(MirrorFile::open(&dir, number, replay)?),
            _ => None,
        };
        let engine = match Engine::open(&dir.join(ENGINE_DIR)) {
            Ok(engine) => Some(engine),
            Err(EngineFailure::Corrupt) => None,
            Err(EngineFailure::System(error)) => return Err(error),
        };
        let verdict = recovery::judge(keys, engine.as_ref().map(Engine::all), replay);
        let (items, commit, aside) = match (verdict, engine, mirror) {
            (Verdict::Healthy { items, commit }, Some(engine), Some(mirror)) => {
                let format = recovery::format_of(keys, &items);
                if let Some(items) =
                    migration::migrate(migration::STEPS, keys, entropy, &items, format)?
                {
                    report.migrated_from = Some(format);
                    (items, commit, false)
                } else {
                    let live = compaction::live_bytes(&items);
                    let rewrite_beyond = compaction::limit(live);
                    let mut store = Store {
                        vault: vault.to_owned(),
                        number,
                        engine,
                        mirror,
                        commit,
                        live,
                        rewrite_beyond,
                        in_doubt: false,
                    };
                    report.compacted = store.compact_if_large(keys);
                    return Ok((store, report));
                }
            }
            (Verdict::Healthy { items, commit }, ..) => (items, commit, false),
            (Verdict::Rebuild { items, commit, repair }, ..) => {
                report.repair = Some(repair);
                (items, commit, false)
            }
            (Verdict::Salvage { mut items, commit, lost }, ..) => {
                report.repair = Some(Repair::Salvaged);
                report.lost = lost;
                add_counter(keys, entropy, commit, &mut items)?;
                (items, commit, true)
            }
            (Verdict::Hopeless, ..) => return Err(VaultError::Damaged(DamagedPart::Store)),
        };
        let format = recovery::format_of(keys, &items);
        let items =
            migration::migrate(migration::STEPS, keys, entropy, &items, format)?.unwrap_or(items);
        let store = replace(vault, keys, number, commit, &items, aside)?;
        Ok((store, report))
    }

    /// Writes a batch to both copies, down to the disk.
    pub(crate) fn commit(
        &mut self,
        keys: &Keys,
        nonces: &mut Nonces,
        changes: &[Change<'_>],
    ) -> Result<(), VaultError> {
        if self.in_doubt {
            self.settle(keys)?;
        }
        let parts_now = |collection: &str, name: &str| match directory::entry_of(
            keys,
            &|key| self.engine.get(key),
            collection,
            name,
        ) {
            Found::Nothing => 0,
            Found::Intact(entry) => record::part_count(entry.value_len),
            Found::Damaged => record::MAX_PARTS,
        };
        let commit = self.commit + 1;
        let items = write_plan::plan(keys, nonces, commit, changes, parts_now)?;
        let length = self.mirror.len();
        if let Err(error) = self.mirror.append(keys, commit, &items) {
            self.in_doubt = !self.mirror.ends_at(length);
            return Err(error.into());
        }
        // From here until both copies are on the disk, they may differ.
        self.in_doubt = true;
        let (mirrored, applied) = both(|| self.mirror.sync(), || self.engine.apply(&items));
        mirrored?;
        if let Err(failure) = applied {
            // After one failed write sled refuses all others. The mirror has the commit on disk: start a new
            // engine from it, and if that succeeds nothing is amiss.
            return self.settle(keys).map_err(|_| failure.into());
        }
        self.in_doubt = false;
        self.commit = commit;
        self.compact_if_large(keys);
        Ok(())
    }

    /// After a commit that failed half-way: the mirror says what is true.
    fn settle(&mut self, keys: &Keys) -> Result<(), VaultError> {
        let replay =
            MirrorFile::read(&generation::dir_of(&self.vault, self.number), keys, self.number)?;
        match replay {
            Some(replay) if replay.complete && replay.commit >= self.commit => {
                self.commit = replay.commit;
                self.rewrite(keys, &replay.items)
            }
            // Both copies are in trouble; opening anew can take each record from where it is intact.
            _ => Err(VaultError::Io(std::io::ErrorKind::InvalidData)),
        }
    }

    /// Bytes of both files together.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.mirror.len() + self.engine.file_len().unwrap_or(0)
    }

    /// Bytes of the items when they were last counted.
    pub(crate) fn live_bytes(&self) -> u64 {
        self.live
    }

    /// All items of the mirror, read again from disk, and whether it is whole.
    pub(crate) fn read_mirror(&self, keys: &Keys) -> (Items, bool) {
        match MirrorFile::read(&generation::dir_of(&self.vault, self.number), keys, self.number) {
            Ok(Some(replay)) => {
                let level = replay.commit == self.commit;
                (replay.items, replay.complete && level)
            }
            _ => (Items::new(), false),
        }
    }

    /// Rewrites the store if its files have outgrown what lives in them. Failing to is no harm: what was
    /// acknowledged is on disk, and the next chance comes.
    fn compact_if_large(&mut self, keys: &Keys) -> bool {
        if self.file_bytes() <= self.rewrite_beyond {
            return false;
        }
        let (items, whole) = self.engine.all();
        let rewritten =
            whole.then(|| self.rewrite(keys, &items)).is_some_and(|result| result.is_ok());
        if !rewritten {
            self.rewrite_beyond = self.file_bytes() + compaction::limit(0);
        }
        rewritten
    }

    fn rewrite(&mut self, keys: &Keys, items: &Items) -> Result<(), VaultError> {
        let old = self.number;
        let vault = self.vault.clone();
        generation::write(&vault, keys, old + 1, self.commit, items)?;
        match open_fresh(&vault, keys, old + 1, self.commit, items) {
            Ok(store) => {
                *self = store;
                // Left-overs are removed at the next open.
                let _ = generation::remove_others(&vault, self.number);
                Ok(())
            }
            Err(error) => {
                // This process goes on with the old generation, so the new one must not be found later.
                crate::files::remove_dir(&generation::dir_of(&vault, old + 1))?;
                Err(error)
            }
        }
    }
}

/// Waits for the two disk writes at the same time, since a file system can commit both at once.
fn both<A: Send, B>(aside: impl Fn() -> A + Sync, here: impl FnOnce() -> B) -> (A, B) {
    let aside = &aside;
    std::thread::scope(|scope| {
        let other = std::thread::Builder::new().spawn_scoped(scope, aside);
        let here = here();
        // Where no thread can be had, one after the other.
        let aside = other.ok().and_then(|thread| thread.join().ok()).unwrap_or_else(aside);
        (aside, here)
    })
}

/// The first generation, with nothing in it but the counter.
fn create(vault: &Path, keys: &Keys, entropy: &dyn Entropy) -> Result<u64, VaultError> {
    let mut items = Items::new();
    add_counter(keys, entropy, 0, &mut items)?;
    generation::write(vault, keys, 0, 0, &items)?;
    Ok(0)
}

fn add_counter(
    keys: &Keys,
    entropy: &dyn Entropy,
    commit: u64,
    items: &mut Items,
) -> Result<(), VaultError> {
    let (key, sealed) = write_plan::counter(keys, &mut Nonces::draw(entropy, 1)?, commit)?;
    items.extend(sealed.map(|sealed| (key, sealed)));
    Ok(())
}

/// Puts a new generation in place of an old one whose engine is closed.
fn replace(
    vault: &Path,
    keys: &Keys,
    old: u64,
    commit: u64,
    items: &Items,
    keep_old_aside: bool,
) -> Result<Store, VaultError> {
    generation::write(vault, keys, old + 1, commit, items)?;
    if keep_old_aside {
        generation::set_aside(vault, old)?;
    }
    generation::remove_others(vault, old + 1)?;
    open_fresh(vault, keys, old + 1, commit, items)
}

/// Opens a generation that was just written.
fn open_fresh(
    vault: &Path,
    keys: &Keys,
    number: u64,
    commit: u64,
    items: &Items,
) -> Result<Store, VaultError> {
    let dir = generation::dir_of(vault, number);
    let unreadable = VaultError::Io(std::io::ErrorKind::InvalidData);
    let Some(replay) = MirrorFile::read(&dir, keys, number)?.filter(|replay| replay.complete)
    else {
        return Err(unreadable);
    };
    let engine = Engine::open(&dir.join(ENGINE_DIR))?;
    if replay.items != *items || engine.all() != (replay.items.clone(), true) {
        return Err(unreadable);
    }
    let mirror = MirrorFile::open(&dir, number, &replay)?;
    let live = compaction::live_bytes(items);
    // A new generation of sled has a size of its own that no rewriting makes smaller.
    let floor = mirror.len() + engine.file_len()?;
    let rewrite_beyond = compaction::limit(live).max(floor + compaction::limit(0));
    Ok(Store {
        vault: vault.to_owned(),
        number,
        engine,
        mirror,
        commit,
        live,
        rewrite_beyond,
        in_doubt: false,
    })
}
