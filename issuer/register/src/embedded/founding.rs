//! How a register begins, and the rows that mark it: id, mode, wrapped data secret.

use std::fs::File;
use std::io;
use std::path::Path;

use fjall::{OwnedWriteBatch, PersistMode};

use super::keyed::KEYED;
use super::tables::Tables;
use super::transaction::Transaction;
use super::{EmbeddedStore, FORMAT_VERSION, accounts, people};
use crate::audit::AuditEvent;
use crate::backend::View;
use crate::entropy::{Entropy, make_random};
use crate::private_folder;
use crate::rows::{
    Format, IdentitiesKeyed, IndexSecret, Lookup, Persons, RegistersId, RegistersMode, Rows,
    Wrapped, WrappedNext, encode, encode_key,
};
use crate::{
    Account, AccountChange, Founding, Mode, OFFLINE, Person, RegisterId, Resealed, Seal,
    StoreError, WrappedSecret,
};

impl EmbeddedStore {
    /// Founds a register in an empty place: made beside it, and moved there once it is whole. Half-made
    /// tables, as a kill leaves them, cannot be opened.
    ///
    /// # Errors
    /// [`StoreError::Occupied`] where there is something already, [`StoreError::Disk`],
    /// [`StoreError::Entropy`].
    pub fn found(
        path: &Path,
        founding: &Founding,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let occupied = || StoreError::Occupied(path.display().to_string());
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        private_folder::make(parent).map_err(disk)?;
        let folder = File::open(parent).map_err(disk)?;
        // One founder at a time.
        folder.lock().map_err(disk)?;
        if holds_something(path)? {
            return Err(occupied());
        }
        let draft = path.with_extension("founding");
        if draft.exists() {
            std::fs::remove_dir_all(&draft).map_err(disk)?;
        }
        private_folder::make(&draft).map_err(disk)?;
        write_first(&Tables::open(&draft)?, founding, entropy)?;
        std::fs::rename(&draft, path).map_err(disk)?;
        folder.sync_all().map_err(disk)
    }

    /// The register's id.
    ///
    /// # Errors
    /// [`StoreError::Damaged`].
    pub fn register_id(&self) -> Result<RegisterId, StoreError> {
        read_id(self.tables.reading().tables()?)
    }

    /// Keeps an identity that was sealed anew, and finds its person by the new look-up hash. False where
    /// another person is found by it: this one is revoked then, since one human has two records.
    ///
    /// # Errors
    /// As every write.
    pub(crate) async fn reseal(&self, resealed: Resealed, at: u64) -> Result<bool, StoreError> {
        let change = move |transaction: &mut Transaction| {
            let Resealed { person: id, sealed, lookup, lookup_before } = resealed.clone();
            let person = transaction.find::<Persons>(&id)?.ok_or(StoreError::NotFound)?;
            let account = person.account;
            people::put_person(transaction, &Person { sealed, ..person })?;
            transaction.remove::<Lookup>(&lookup_before);
            if !transaction.has::<Lookup>(&lookup)? {
                transaction.put::<Lookup>(&lookup, &id);
                return Ok(true);
            }
            if account != Account::Revoked {
                let change = AccountChange {
                    back: None,
                    person: id,
                    account: Account::Revoked,
                    keep: None,
                    actor: OFFLINE.into(),
                    reason: "second_record".into(),
                    at,
                };
                accounts::set_account(transaction, change, None)?;
            }
            Ok(false)
        };
        self.writer.submit(change).await
    }

    /// Mode and wrapped secret; `None` for a register of an older format that no service has marked yet.
    ///
    /// # Errors
    /// [`StoreError::Damaged`].
    pub fn seal(&self) -> Result<Option<Seal>, StoreError> {
        let reading = self.tables.reading();
        let tables = reading.tables()?;
        let tables: &dyn View = tables;
        let wrapped = |bytes: Vec<u8>| {
            WrappedSecret::from_bytes(&bytes).ok_or(StoreError::Damaged("the wrapped data secret"))
        };
        match (tables.find::<RegistersMode>(&())?, tables.find::<Wrapped>(&())?) {
            (None, None) => Ok(None),
            (Some(mode), Some(current)) => Ok(Some(Seal {
                mode,
                current: wrapped(current)?,
                next: tables.find::<WrappedNext>(&())?.map(wrapped).transpose()?,
            })),
            _ => Err(StoreError::Damaged("the register's mode")),
        }
    }

    /// Puts another seal in the place of the one before, with an entry in the audit where `event` gives one.
    ///
    /// # Errors
    /// As every write.
    pub async fn put_seal(
        &self,
        seal: Seal,
        event: Option<AuditEvent>,
        at: u64,
    ) -> Result<(), StoreError> {
        let change = move |transaction: &mut Transaction| {
            transaction.put::<RegistersMode>(&(), &seal.mode);
            transaction.put::<Wrapped>(&(), &seal.current.as_bytes().to_vec());
            match &seal.next {
                Some(next) => transaction.put::<WrappedNext>(&(), &next.as_bytes().to_vec()),
                None => transaction.remove::<WrappedNext>(&()),
            }
            event.map_or(Ok(()), |event| transaction.audit(event, at).map(drop))
        };
        self.writer.submit(change).await
    }
}

/// The id in the register's tables.
pub(super) fn read_id(tables: &dyn View) -> Result<RegisterId, StoreError> {
    tables.find::<RegistersId>(&())?.map(RegisterId).ok_or(StoreError::Damaged("the register's id"))
}

/// Whether there is a register, or anything else, in a folder.
pub(super) fn holds_something(path: &Path) -> Result<bool, StoreError> {
    match std::fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(disk(error)),
    }
}

/// The mode of the register that is being written to, once it is marked.
pub(super) fn mode_of(transaction: &Transaction) -> Result<Option<Mode>, StoreError> {
    transaction.find::<RegistersMode>(&())
}

/// What a new store starts with.
fn write_first(
    tables: &Tables,
    founding: &Founding,
    entropy: &dyn Entropy,
) -> Result<(), StoreError> {
    let secret = make_random::<32>(entropy)?;
    let mut batch = tables.database().batch().durability(Some(PersistMode::SyncAll));
    put::<Format>(tables, &mut batch, &FORMAT_VERSION);
    put::<IndexSecret>(tables, &mut batch, &secret);
    put::<RegistersId>(tables, &mut batch, &founding.id.0);
    put::<IdentitiesKeyed>(tables, &mut batch, &KEYED.to_vec());
    let Seal { mode, current, next } = &founding.seal;
    put::<RegistersMode>(tables, &mut batch, mode);
    put::<Wrapped>(tables, &mut batch, &current.as_bytes().to_vec());
    if let Some(next) = next {
        put::<WrappedNext>(tables, &mut batch, &next.as_bytes().to_vec());
    }
    batch.commit().map_err(|error| StoreError::Disk(error.to_string()))
}

fn put<R: for<'a> Rows<Key<'a> = ()>>(tables: &Tables, batch: &mut OwnedWriteBatch, row: &R::Row) {
    batch.insert(tables.keyspace(R::TABLE), encode_key::<R>(&()), encode(row));
}

fn disk(error: io::Error) -> StoreError {
    StoreError::Disk(error.to_string())
}
