//! A lost administrator's secret is replaced: in one step, so that a kill leaves the old credential or the
//! new one.

use super::administration::{self, Signature};
use super::credentials;
use super::transaction::Transaction;
use crate::audit::AuditEvent;
use crate::register::Register;
use crate::{AdminChange, Bearer, Credential, CredentialId, Seal, StoreError, credential_id};

impl Register {
    /// Gives an administrator a credential, under the SHA-256 of its secret, and withdraws every good one
    /// that they had; the audit keeps that the register's key was in hand for it. Returns the names of those
    /// that were withdrawn. A name that no administrator ever had is taken for misspelt unless it is said to
    /// be `new`: the lost secret would stay good.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for such a name, and as every write.
    pub async fn recover_administrator(
        &self,
        seal: &Seal,
        name: String,
        hash: [u8; 32],
        new: bool,
        at: u64,
    ) -> Result<Vec<CredentialId>, StoreError> {
        let event = AuditEvent::Register {
            act: "administrator_recovered".into(),
            mode: seal.mode.word().into(),
            key: seal.current.key_name(),
            name: Some(name.clone()),
        };
        self.submit(move |transaction| recover(transaction, name, hash, new, event, at)).await
    }
}

fn recover(
    transaction: &mut Transaction,
    name: String,
    hash: [u8; 32],
    new: bool,
    event: AuditEvent,
    at: u64,
) -> Result<Vec<CredentialId>, StoreError> {
    let bearer = Bearer::Administrator { name };
    let mut withdrawn = Vec::new();
    let known = credentials::of(transaction, &bearer)?;
    if known.is_empty() && !new {
        return Err(StoreError::NotFound);
    }
    credentials::require_own_name(transaction, &bearer)?;
    for (hash, Credential { revoked, .. }) in known {
        if !revoked {
            // Whoever found or stole the old secret has nothing with it.
            let id = credential_id(&hash);
            let change = AdminChange::Withdraw(id);
            administration::apply(transaction, change, Signature::OFFLINE, at)?;
            withdrawn.push(id);
        }
    }
    let change = AdminChange::Credential { hash, bearer };
    administration::apply(transaction, change, Signature::OFFLINE, at)?;
    transaction.audit(event, at)?;
    Ok(withdrawn)
}
