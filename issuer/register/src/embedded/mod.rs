//! The embedded backend: fjall tables behind one writing thread with group commit
//! (docs/adr/0004-embedded-store.md).

mod accounts;
mod administration;
mod background;
mod copied;
mod credentials;
mod current;
mod deeds;
mod devices;
mod disk;
mod events;
mod expiries;
mod families;
mod founding;
mod gates;
mod grants;
mod grounds;
mod holders;
mod holdings;
mod keyed;
mod last_restored;
mod leftovers;
mod mending;
mod operations;
mod pacing;
mod people;
mod permutation;
mod person_acts;
mod protections;
mod prune;
mod quota;
mod receipts;
mod recovery;
mod requests;
mod restoration;
mod restrictions;
mod returning;
mod scans;
mod seed;
mod sites;
mod statuses;
mod tables;
#[cfg(test)]
mod tests;
mod thread;
mod time;
mod tokens;
mod trails;
mod transaction;
mod two_persons;
mod unusual;
mod upgrade;
mod uses;
mod withdrawals;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use current::CurrentTables;
use holders::RecentHolders;
pub(crate) use keyed::{Keyed, WaitingChange};
use mending::Mending;
pub use seed::derive_seeded_id;
use tables::Tables;
use transaction::Transaction;
use writer::Writer;

use super::{AdminChange, Answer, Person, StoreError, Venue};
use crate::backend::View;
use crate::entropy::Entropy;
use crate::rows::{All, Format, IndexSecret, Persons, Venues};

/// The format that this software writes.
const FORMAT_VERSION: u32 = 6;

/// What an operator may choose.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How many months audit entries are kept; for ever when `None`.
    pub audit_months: Option<u32>,
}

/// The register in a folder of its own. One process at a time.
pub struct EmbeddedStore {
    tables: Arc<CurrentTables>,
    holders: Arc<RecentHolders>,
    registrations: Arc<AtomicU64>,
    secret: [u8; 32],
    options: Options,
    /// True while room is scarce, see [`Store::spare_room`].
    sparing: AtomicBool,
    writer: Writer,
}

impl EmbeddedStore {
    /// Opens the store in a folder. There must be one: see [`found`](Self::found).
    ///
    /// # Errors
    /// [`StoreError::NoRegister`], [`StoreError::InUse`], [`StoreError::NewerFormat`], [`StoreError::Disk`],
    /// [`StoreError::Damaged`].
    pub fn open(path: &Path, entropy: &dyn Entropy) -> Result<Self, StoreError> {
        Self::open_with(path, entropy, Options::default())
    }

    /// As [`open`](Self::open), with an operator's choices.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(
        path: &Path,
        entropy: &dyn Entropy,
        options: Options,
    ) -> Result<Self, StoreError> {
        if !founding::holds_something(path)? {
            return Err(StoreError::NoRegister(path.display().to_string()));
        }
        let tables = Tables::open(path)?;
        let view: &dyn View = &tables;
        let version = view.find::<Format>(&())?.ok_or(StoreError::Damaged("format"))?;
        if version > FORMAT_VERSION {
            return Err(StoreError::NewerFormat { found: version, known: FORMAT_VERSION });
        }
        if version < FORMAT_VERSION {
            upgrade::to_current(&tables, version, entropy)?;
        }
        let secret = view.find::<IndexSecret>(&())?.ok_or(StoreError::Damaged("secret"))?;
        let holders = Arc::new(RecentHolders::new());
        let (mending, tables, registrations) =
            Mending::new(path.to_owned(), Arc::new(tables), Arc::clone(&holders))?;
        let writer = Writer::start(mending)?;
        let sparing = AtomicBool::new(false);
        Ok(Self { tables, holders, registrations, secret, options, sparing, writer })
    }

    /// Every person, in no order that means anything.
    pub(crate) fn persons(
        &self,
    ) -> Result<impl Iterator<Item = Result<Person, StoreError>> + use<>, StoreError> {
        let tables: &dyn View = &*self.tables.held()?;
        Ok(tables.scan::<Persons>(&All).map(|row| Ok(row?.1)))
    }

    /// Every venue.
    pub(crate) fn venues(
        &self,
    ) -> Result<impl Iterator<Item = Result<Venue, StoreError>> + use<>, StoreError> {
        let tables: &dyn View = &*self.tables.held()?;
        Ok(tables.scan::<Venues>(&All).map(|row| Ok(row?.1)))
    }

    fn look<T>(
        &self,
        read: impl FnOnce(&dyn View) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.tables.reading().tables().and_then(|tables| read(tables))
    }

    /// A look-up, done at once: it seldom reaches the disk and is over in microseconds.
    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn View) -> Result<T, StoreError>,
    ) -> Answer<'_, T> {
        Box::pin(std::future::ready(self.look(read)))
    }

    /// A change that makes the register grow and protects nobody: not taken while room is scarce.
    fn grow<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Transaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        self.grow_or_protect(false, change)
    }

    /// A change that is not taken while room is scarce, unless it protects somebody.
    fn grow_or_protect<T: Send + 'static>(
        &self,
        protects: bool,
        change: impl FnOnce(&mut Transaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        if !protects && self.sparing.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Err(StoreError::LowWater)));
        }
        self.writer.submit(change)
    }

    /// A change of registrations by whoever holds the files.
    fn register(&self, change: AdminChange, at: u64) -> Answer<'_, ()> {
        self.writer.submit(move |transaction| administration::register(transaction, change, at))
    }

    /// A walk over many rows: it must not hold up the thread that answers others.
    fn walk<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn View) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return self.read(read) };
        let tables = self.tables.held();
        let walking = runtime.spawn_blocking(move || read(&*tables?));
        Box::pin(async move { walking.await.unwrap_or(Err(StoreError::Closed)) })
    }
}
