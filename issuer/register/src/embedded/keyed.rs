//! Identities that get data keys of their own, in a register of format 5 or older.

use super::EmbeddedStore;
use super::people::put_row;
use super::records::{decode, decode_found, encode};
use super::requests;
use super::tables::{Table, Tables};
use super::transaction::Transaction;
use crate::{Approval, Approvers, Person, PersonId, Request, SealedIdentity, StoreError};

/// The row that says that every identity has a key.
const KEYED: &[u8] = b"identities-keyed";

/// An identity under a key of its own, and the requests that would change it, with their keys in the table.
pub(crate) struct Keyed {
    pub(crate) person: PersonId,
    pub(crate) sealed: SealedIdentity,
    pub(crate) requests: Vec<WaitingChange>,
}

/// A request for a change of a person, and its key in the table.
pub(crate) type WaitingChange = (Vec<u8>, Request);

/// The row as a new register has it.
pub(super) fn keyed_row() -> (&'static [u8], [u8; 1]) {
    (KEYED, [1])
}

impl EmbeddedStore {
    /// Whether every identity has a key.
    pub(crate) fn is_keyed(&self) -> Result<bool, StoreError> {
        Ok(self.tables.reading().tables()?.find(Table::Meta, KEYED)?.is_some())
    }

    /// The changes of persons that wait for a second registrar.
    pub(crate) fn waiting_changes(&self) -> Result<Vec<WaitingChange>, StoreError> {
        let reading = self.tables.reading();
        waiting_changes(reading.tables()?)
    }

    /// Puts identities under their keys, each with its requests, all or none.
    pub(crate) async fn put_keyed(&self, all: Vec<Keyed>) -> Result<(), StoreError> {
        let change = move |transaction: &mut Transaction| {
            for Keyed { person, sealed, requests } in &all {
                let row = transaction.find(Table::Persons, &person.0)?;
                let found: Person = decode_found(row)?.ok_or(StoreError::NotFound)?;
                put_row(transaction, &Person { sealed: sealed.clone(), ..found });
                for (key, request) in requests {
                    transaction.put(Table::Requests, key, encode(request));
                }
            }
            Ok(())
        };
        self.writer.submit(change).await
    }

    /// Keeps in mind that every identity has a key.
    pub(crate) async fn set_keyed(&self) -> Result<(), StoreError> {
        let change = |transaction: &mut Transaction| {
            let (key, value) = keyed_row();
            transaction.put(Table::Meta, key, value.to_vec());
            Ok(())
        };
        self.writer.submit(change).await
    }
}

fn waiting_changes(tables: &Tables) -> Result<Vec<WaitingChange>, StoreError> {
    let rows = tables.scan(Table::Requests, &requests::prefix(&Approvers::Registrars));
    let requests = rows.map(|row| {
        let (key, row) = row?;
        Ok((key, decode::<Request>(&row)?))
    });
    let changes = |(_, request): &WaitingChange| matches!(request.act, Approval::Change(_));
    requests.filter(|found| found.as_ref().map_or(true, changes)).collect()
}
