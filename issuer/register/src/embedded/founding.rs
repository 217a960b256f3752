//! How a register begins, and the rows that mark it: id, mode, wrapped data secret.

use std::fs::File;
use std::io;
use std::path::Path;

use fjall::PersistMode;

use super::keyed::keyed_row;
use super::records::decode_found;
use super::tables::{FORMAT, SECRET, Table, Tables};
use super::transaction::Transaction;
use super::{EmbeddedStore, FORMAT_VERSION, accounts, people};
use crate::audit::AuditEvent;
use crate::entropy::{Entropy, make_random};
use crate::private_folder;
use crate::{
    Account, AccountChange, Founding, Mode, OFFLINE, Person, RegisterId, Resealed, Seal,
    StoreError, WrappedSecret,
};

const ID: &[u8] = b"register-id";
const MODE: &[u8] = b"mode";
const WRAPPED: &[u8] = b"wrapped-secret";
const WRAPPED_NEXT: &[u8] = b"wrapped-secret-next";

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
            let row = transaction.find(Table::Persons, &id.0)?;
            let person: Person = decode_found(row)?.ok_or(StoreError::NotFound)?;
            let account = person.account;
            people::put_person(transaction, &Person { sealed, ..person })?;
            transaction.remove(Table::Lookup, &lookup_before);
            if transaction.find(Table::Lookup, &lookup)?.is_none() {
                transaction.put(Table::Lookup, &lookup, id.0.to_vec());
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
        let find = |key| tables.find(Table::Meta, key);
        let wrapped = |bytes: Vec<u8>| {
            WrappedSecret::from_bytes(&bytes).ok_or(StoreError::Damaged("the wrapped data secret"))
        };
        match (find(MODE)?, find(WRAPPED)?) {
            (None, None) => Ok(None),
            (Some(mode), Some(current)) => Ok(Some(Seal {
                mode: read_mode(&mode)?,
                current: wrapped(current)?,
                next: find(WRAPPED_NEXT)?.map(wrapped).transpose()?,
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
            for (key, value) in rows(&seal) {
                match value {
                    Some(value) => transaction.put(Table::Meta, key, value),
                    None => transaction.remove(Table::Meta, key),
                }
            }
            event.map_or(Ok(()), |event| transaction.audit(event, at).map(drop))
        };
        self.writer.submit(change).await
    }
}

/// The id in the register's tables.
pub(super) fn read_id(tables: &Tables) -> Result<RegisterId, StoreError> {
    let id = tables.find(Table::Meta, ID)?.and_then(|id| id.try_into().ok());
    id.map(RegisterId).ok_or(StoreError::Damaged("the register's id"))
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
    transaction.find(Table::Meta, MODE)?.as_deref().map(read_mode).transpose()
}

/// The row of a register's id, as a new register and one of an older format get it.
pub(super) fn id_row(id: RegisterId) -> (&'static [u8], [u8; 16]) {
    (ID, id.0)
}

/// What a new store starts with.
fn write_first(
    tables: &Tables,
    founding: &Founding,
    entropy: &dyn Entropy,
) -> Result<(), StoreError> {
    let secret = make_random::<32>(entropy)?;
    let mut batch = tables.database().batch().durability(Some(PersistMode::SyncAll));
    let meta = tables.keyspace(Table::Meta);
    batch.insert(meta, FORMAT, FORMAT_VERSION.to_be_bytes());
    batch.insert(meta, SECRET, secret);
    let (key, id) = id_row(founding.id);
    batch.insert(meta, key, id);
    let (key, value) = keyed_row();
    batch.insert(meta, key, value);
    for (key, value) in rows(&founding.seal) {
        if let Some(value) = value {
            batch.insert(meta, key, value);
        }
    }
    batch.commit().map_err(|error| StoreError::Disk(error.to_string()))
}

fn rows(seal: &Seal) -> [(&'static [u8], Option<Vec<u8>>); 3] {
    let bytes = |wrapped: &WrappedSecret| wrapped.as_bytes().to_vec();
    [
        (MODE, Some(vec![seal.mode.to_byte()])),
        (WRAPPED, Some(bytes(&seal.current))),
        (WRAPPED_NEXT, seal.next.as_ref().map(bytes)),
    ]
}

fn read_mode(row: &[u8]) -> Result<Mode, StoreError> {
    let mode = row.first().filter(|_| row.len() == 1).and_then(|byte| Mode::from_byte(*byte));
    mode.ok_or(StoreError::Damaged("the register's mode"))
}

fn disk(error: io::Error) -> StoreError {
    StoreError::Disk(error.to_string())
}
