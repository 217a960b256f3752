//! The rows that mark a register: id, mode, wrapped data secret.

use super::keyed::KEYED;
use super::transaction::Transaction;
use super::{accounts, people};
use crate::audit::AuditEvent;
use crate::backend::View;
use crate::entropy::{Entropy, make_random};
use crate::register::Register;
use crate::rows::{
    IdentitiesKeyed, IndexSecret, Lookup, Persons, RegistersId, RegistersMode, Rows, Table,
    Wrapped, WrappedNext, encode, encode_key,
};
use crate::{
    Account, AccountChange, Founding, Mode, OFFLINE, Person, RegisterId, Resealed, Seal,
    StoreError, WrappedSecret,
};

impl Register {
    /// The register's id.
    ///
    /// # Errors
    /// [`StoreError::Damaged`].
    pub fn register_id(&self) -> Result<RegisterId, StoreError> {
        self.look(read_id)
    }

    /// Keeps an identity that was sealed anew, and finds its person by the new look-up hash. False where
    /// another person is found by it: this one is revoked then, since one human has two records.
    ///
    /// # Errors
    /// As every write.
    pub(crate) async fn reseal(&self, resealed: Resealed, at: u64) -> Result<bool, StoreError> {
        let change = move |transaction: &mut Transaction| {
            let Resealed { person: id, sealed, lookup, lookup_before } = resealed;
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
        self.submit(change).await
    }

    /// Mode and wrapped secret; `None` for a register of an older format that no service has marked yet.
    ///
    /// # Errors
    /// [`StoreError::Damaged`].
    pub fn seal(&self) -> Result<Option<Seal>, StoreError> {
        self.look(read_seal)
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
        self.submit(change).await
    }
}

fn read_seal(tables: &dyn View) -> Result<Option<Seal>, StoreError> {
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

/// The id in the register's tables.
pub(super) fn read_id(tables: &dyn View) -> Result<RegisterId, StoreError> {
    tables.find::<RegistersId>(&())?.map(RegisterId).ok_or(StoreError::Damaged("the register's id"))
}

/// The mode of the register that is being written to, once it is marked.
pub(super) fn mode_of(transaction: &Transaction) -> Result<Option<Mode>, StoreError> {
    transaction.find::<RegistersMode>(&())
}

/// A row as a new register has it.
type FirstRow = (Table, Vec<u8>, Vec<u8>);

/// The rows that a new register starts with.
pub(crate) fn first_rows(
    founding: &Founding,
    entropy: &dyn Entropy,
) -> Result<Vec<FirstRow>, StoreError> {
    let secret = make_random::<32>(entropy)?;
    let Seal { mode, current, next } = &founding.seal;
    let mut rows = vec![
        first::<IndexSecret>(&secret),
        first::<RegistersId>(&founding.id.0),
        first::<IdentitiesKeyed>(&KEYED.to_vec()),
        first::<RegistersMode>(mode),
        first::<Wrapped>(&current.as_bytes().to_vec()),
    ];
    rows.extend(next.as_ref().map(|next| first::<WrappedNext>(&next.as_bytes().to_vec())));
    Ok(rows)
}

fn first<R: for<'a> Rows<Key<'a> = ()>>(row: &R::Row) -> FirstRow {
    (R::TABLE, encode_key::<R>(&()), encode(row))
}
