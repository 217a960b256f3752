//! Withdrawals by one administrator: how far one alone gets, and what those may still do whom one alone has
//! withdrawn.
//!
//! A stolen secret must be ended within seconds, so that one administrator withdraws another one at once. So
//! does a thief: from then on whatever they withdraw waits for a second one, and whom they withdrew may
//! withdraw them in turn.

use super::administration::{self, Signature};
use super::transaction::Transaction;
use super::{credentials, requests, restrictions};
use crate::rows::{CheckedTime, Credentials};
use crate::{
    AdminAct, AdminChange, AdminFault, Approval, Approvers, Bearer, Credential, CredentialId, Made,
    Request, RequestId, StoreError, credential_id, look_the_same,
};

/// Whether what one alone did is still to be confirmed.
fn stands(transaction: &Transaction, contested: &Made) -> Result<bool, StoreError> {
    Ok(contested.is_contest(transaction.find::<CheckedTime>(&())?))
}

/// The administrators whom this one alone has withdrawn lately.
fn withdrawn_alone_by(transaction: &Transaction, name: &str) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for (_, credential) in credentials::of_administrators(transaction)? {
        if let Bearer::Administrator { name: whose } = credential.bearer
            && let Some(contested) = &credential.contested
            && look_the_same(&contested.by, name)
            && stands(transaction, contested)?
        {
            found.push(whose);
        }
    }
    Ok(found)
}

/// Whether this withdrawal is one that one administrator does not make alone.
pub(super) fn take_two(
    transaction: &Transaction,
    id: &CredentialId,
    name: &str,
) -> Result<bool, StoreError> {
    let Some((_, credential)) = credentials::find(transaction, id)? else { return Ok(false) };
    let whose = match &credential.bearer {
        Bearer::Administrator { name } => Some(name.as_str()),
        _ => None,
    };
    // What is withdrawn already is confirmed, or nothing. The own ones harm nobody else.
    if credential.revoked || whose.is_some_and(|whose| look_the_same(whose, name)) {
        return Ok(false);
    }
    let is_of = |one: &String| whose.is_some_and(|whose| look_the_same(one, whose));
    let another = withdrawn_alone_by(transaction, name)?.iter().any(|one| !is_of(one));
    Ok(another || restrictions::are_spent(transaction, name)?)
}

/// Withdraws a credential in one administrator's name. What another one alone has withdrawn is confirmed by
/// it.
pub(super) fn withdraw_alone(
    transaction: &mut Transaction,
    id: &CredentialId,
    name: &str,
    request: RequestId,
    at: u64,
) -> Result<(), StoreError> {
    let signature = Signature { actor: name, request: None };
    let (hash, mut credential) = credentials::find(transaction, id)?.ok_or(StoreError::NotFound)?;
    if credential.revoked {
        let by_another =
            credential.contested.as_ref().is_some_and(|made| !look_the_same(&made.by, name));
        if by_another {
            settle(transaction, id)?;
            end_confirmations(transaction, id, name, at)?;
            administration::note_confirmed(transaction, id, &credential.bearer, signature, at)?;
        }
        return Ok(());
    }
    // Whoever has withdrawn somebody alone has had their say: they cannot be two against one with it.
    let contested = match &credential.bearer {
        Bearer::Administrator { name: whose } if !look_the_same(whose, name) => {
            withdrawn_alone_by(transaction, whose)?.is_empty()
        }
        _ => false,
    };
    administration::apply(transaction, AdminChange::Withdraw(*id), signature, at)?;
    restrictions::note(transaction, name, at)?;
    if contested {
        credential.revoked = true;
        credential.contested = Some(Made { at, by: name.to_owned() });
        credentials::put(transaction, &hash, &credential);
        let act = AdminAct::Withdraw { credential: *id, bearer: credential.bearer };
        let act = Approval::Administration(act);
        let asked_by = name.to_owned();
        let request = Request { id: request, act, asked_by, asked_at: at, approved_on: None };
        // Where no more requests are taken it is confirmed by being withdrawn once more.
        let _ = requests::request_approval(transaction, &request)?;
    }
    Ok(())
}

/// Ends the right of whoever was withdrawn by one alone: a second one has confirmed it, or it is used.
/// Answers whether there was one.
pub(super) fn settle(transaction: &mut Transaction, id: &CredentialId) -> Result<bool, StoreError> {
    let found = credentials::find(transaction, id)?;
    let Some((hash, mut credential)) = found else { return Ok(false) };
    let stood = credential.contested.take().is_some();
    if stood {
        credentials::put(transaction, &hash, &credential);
    }
    Ok(stood)
}

/// Nothing waits any more for what was confirmed in another way.
fn end_confirmations(
    transaction: &mut Transaction,
    id: &CredentialId,
    name: &str,
    at: u64,
) -> Result<(), StoreError> {
    let meant = |request: &Request| {
        matches!(&request.act, Approval::Administration(AdminAct::Withdraw { credential, .. })
            if credential == id)
    };
    requests::refuse_all(transaction, &Approvers::Administrators, meant, name, at).map(drop)
}

/// Withdraws whoever alone has withdrawn this credential: once.
pub(super) fn contest(
    transaction: &mut Transaction,
    hash: &[u8; 32],
    at: u64,
) -> Result<Result<Vec<CredentialId>, AdminFault>, StoreError> {
    let found = transaction.find::<Credentials>(hash)?;
    let nothing = Ok(Err(AdminFault::NothingToContest));
    let Some(Credential { bearer, contested: Some(contested), .. }) = found else {
        return nothing;
    };
    let Bearer::Administrator { name } = bearer else { return nothing };
    if !stands(transaction, &contested)? {
        return nothing;
    }
    let (mut withdrawn, mut own) = (Vec::new(), Vec::new());
    for (hash, credential) in credentials::of_administrators(transaction)? {
        let Bearer::Administrator { name: whose } = &credential.bearer else { continue };
        if look_the_same(whose, &contested.by) && !credential.revoked {
            withdrawn.push(credential_id(&hash));
        } else if look_the_same(whose, &name) && credential.contested.is_some() {
            own.push(credential_id(&hash));
        }
    }
    if withdrawn.is_empty() {
        return nothing;
    }
    own.iter().try_for_each(|id| settle(transaction, id).map(drop))?;
    let signature = Signature { actor: &name, request: None };
    for id in &withdrawn {
        administration::apply(transaction, AdminChange::Withdraw(*id), signature, at)?;
    }
    Ok(Ok(withdrawn))
}
