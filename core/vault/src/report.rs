//! What the vault tells about itself.

use crate::record::DirectoryEntry;

/// What had to be repaired at open. Each repair restores every acknowledged record, except `Salvaged`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repair {
    /// The engine was behind or damaged, and was rebuilt from the mirror. The usual case after a kill during
    /// a write.
    Engine,
    /// The mirror was behind or damaged, and was rebuilt from the engine.
    Mirror,
    /// Both were damaged. What either still had was kept, and the old files lie in the folder `damaged`.
    /// Records deleted shortly before may be back, and records may be missing.
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

/// What [`Vault::open`](crate::Vault::open) found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenReport {
    /// There were no records before: the vault is new, or its creation had been cut short. A caller that
    /// expects records learns here that they are gone.
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

/// What [`Vault::check`](crate::Vault::check) found.
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
