//! Identities that get data keys of their own, in a register of format 5 or older.

use super::people::put_row;
use super::requests;
use super::transaction::Transaction;
use crate::backend::View;
use crate::register::Register;
use crate::rows::{IdentitiesKeyed, Persons, Requests};
use crate::{
    Approval, Approvers, Person, PersonId, Request, RequestId, SealedIdentity, StoreError,
};

/// That every identity has a key.
pub(super) const KEYED: [u8; 1] = [1];

/// An identity under a key of its own, and the requests that would change it, with their keys in the table.
pub(crate) struct Keyed {
    pub(crate) person: PersonId,
    pub(crate) sealed: SealedIdentity,
    pub(crate) requests: Vec<WaitingChange>,
}

/// A request for a change of a person, and its key in the table.
pub(crate) type WaitingChange = (([u8; 16], RequestId), Request);

impl Register {
    /// Whether every identity has a key.
    pub(crate) fn is_keyed(&self) -> Result<bool, StoreError> {
        self.look(|tables| tables.has::<IdentitiesKeyed>(&()))
    }

    /// The changes of persons that wait for a second registrar.
    pub(crate) fn waiting_changes(&self) -> Result<Vec<WaitingChange>, StoreError> {
        self.look(waiting_changes)
    }

    /// Puts identities under their keys, each with its requests, all or none.
    pub(crate) async fn put_keyed(&self, all: Vec<Keyed>) -> Result<(), StoreError> {
        let change = move |transaction: &mut Transaction| {
            for Keyed { person, sealed, requests } in &all {
                let found = transaction.find::<Persons>(person)?.ok_or(StoreError::NotFound)?;
                put_row(transaction, &Person { sealed: sealed.clone(), ..found });
                for (key, request) in requests {
                    transaction.put::<Requests>(key, request);
                }
            }
            Ok(())
        };
        self.submit(change).await
    }

    /// Keeps in mind that every identity has a key.
    pub(crate) async fn set_keyed(&self) -> Result<(), StoreError> {
        let change = |transaction: &mut Transaction| {
            transaction.put::<IdentitiesKeyed>(&(), &KEYED.to_vec());
            Ok(())
        };
        self.submit(change).await
    }
}

fn waiting_changes(tables: &dyn View) -> Result<Vec<WaitingChange>, StoreError> {
    let requests = tables.scan::<Requests>(&requests::prefix(&Approvers::Registrars));
    let changes = |(_, request): &WaitingChange| matches!(request.act, Approval::Change(_));
    requests.filter(|found| found.as_ref().map_or(true, changes)).collect()
}
