//! The embedded backend: fjall tables behind one writing thread with group commit
//! (docs/adr/0004-embedded-store.md).

mod background;
mod current;
mod disk;
#[cfg(test)]
mod fault;
mod founding;
mod leftovers;
mod mending;
mod pacing;
mod tables;
#[cfg(test)]
mod tests;
mod thread;
mod upgrade;
mod writer;

use std::path::Path;
use std::sync::Arc;

use current::CurrentTables;
use mending::Mending;
use tables::Tables;
use writer::Writer;

use crate::StoreError;
use crate::backend::{Backend, Change, View};
use crate::entropy::Entropy;
use crate::register::{Options, Register};
use crate::rows::Format;
use crate::rules::Shared;

/// The format that this software writes.
const FORMAT_VERSION: u32 = 6;

/// Tables in a folder of their own. One process at a time.
struct Embedded {
    tables: Arc<CurrentTables>,
    writer: Writer,
}

impl Register {
    /// Opens the register in a folder. There must be one: see [`found`](Self::found).
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
        Self::over(|shared| Embedded::open(path, entropy, shared), options)
    }
}

impl Embedded {
    fn open(path: &Path, entropy: &dyn Entropy, shared: Arc<Shared>) -> Result<Self, StoreError> {
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
        let (mending, tables) = Mending::new(path.to_owned(), Arc::new(tables), shared)?;
        Ok(Self { tables, writer: Writer::start(mending)? })
    }
}

impl Backend for Embedded {
    fn look(&self, look: &mut dyn FnMut(&dyn View)) -> Result<(), StoreError> {
        self.tables.reading().tables().map(|tables| look(tables))
    }

    fn hold(&self) -> Result<Arc<dyn View>, StoreError> {
        Ok(self.tables.held()?)
    }

    fn submit(&self, change: Change) -> Result<(), StoreError> {
        self.writer.submit(change)
    }
}
