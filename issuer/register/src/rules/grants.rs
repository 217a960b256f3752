//! Offers that are out: each is a grant, which one device takes up once. What ends one leaves its row to its
//! time, so that a wallet that comes with it can be told why.

use subtle::ConstantTimeEq;

use super::tokens::SAME_EXCHANGE;
use super::transaction::Transaction;
use super::{credentials, families};
use crate::backend::View;
use crate::lifetimes::is_good;
use crate::rows::{All, Family, GrantCodes, Grants, GrantsOf, Offer, Persons};
use crate::{
    Account, Approvers, DeviceId, Grant, GrantFault, OFFER_SECONDS, Person, PersonId, StoreError,
};

/// Keeps an offer, for an active account and by somebody who may make one: both may have changed since they
/// were looked at.
pub(super) fn put(
    transaction: &mut Transaction,
    offer_hash: [u8; 32],
    grant: &Grant,
) -> Result<(), StoreError> {
    match account_of(transaction.find::<Persons>(&grant.person)?)? {
        Account::Active => {}
        Account::Frozen => return Err(StoreError::AccountFrozen),
        Account::Revoked => return Err(StoreError::AccountState),
    }
    if !credentials::may_act(transaction, &Approvers::Registrars, &grant.made_by)? {
        return Err(StoreError::Withdrawn);
    }
    transaction.put::<Grants>(&offer_hash, grant);
    transaction.put::<GrantCodes>(&grant.code_hash, &Offer(offer_hash));
    transaction.put::<GrantsOf>(&(grant.person, offer_hash), &());
    transaction.note_expiry::<Grants>(grant.expires_at, &offer_hash);
    Ok(())
}

fn account_of(person: Option<Person>) -> Result<Account, StoreError> {
    Ok(person.ok_or(StoreError::Damaged("a grant for nobody"))?.account)
}

/// The sealed offer, for whoever was given its link.
pub(super) fn offer(
    tables: &dyn View,
    offer_hash: &[u8; 32],
    now: u64,
) -> Result<Result<Vec<u8>, GrantFault>, StoreError> {
    let Some(grant) = tables.find::<Grants>(offer_hash)? else {
        return Ok(Err(GrantFault::Unknown));
    };
    if families::of_grant(tables, &grant.code_hash)?.is_some() {
        return Ok(Err(GrantFault::Used));
    }
    if grant.attempts_left == 0 {
        return Ok(Err(GrantFault::Locked));
    }
    if !is_good(grant.expires_at, OFFER_SECONDS, now) {
        return Ok(Err(GrantFault::Expired));
    }
    match account_of(tables.find::<Persons>(&grant.person)?)? {
        Account::Frozen => Err(StoreError::AccountFrozen),
        Account::Active if !grant.ended => Ok(Ok(grant.sealed_offer)),
        Account::Active | Account::Revoked => Ok(Err(GrantFault::Unknown)),
    }
}

/// Takes a grant out, for both its codes. A wrong transaction code costs an attempt; nobody without the right
/// one learns anything of the account. One that was taken up a moment ago is taken again: the answer may have
/// been lost. Whoever does not know the secret of the device that took it up is somebody else then, and uses
/// up nothing of that one's attempts.
pub(super) fn take(
    transaction: &mut Transaction,
    code_hash: &[u8; 32],
    tx_code_hash: &[u8; 32],
    retry_hash: Option<[u8; 32]>,
    now: u64,
) -> Result<Result<Taken, GrantFault>, StoreError> {
    let Some(Offer(offer_hash)) = transaction.find::<GrantCodes>(code_hash)? else {
        return Ok(Err(GrantFault::Unknown));
    };
    let Some(mut grant) = transaction.find::<Grants>(&offer_hash)? else {
        return Ok(Err(GrantFault::Unknown));
    };
    if grant.attempts_left == 0 {
        return Ok(Err(GrantFault::Locked));
    }
    let taken = families::of_taken_grant(transaction, code_hash)?;
    match &taken {
        Some((family, _)) if family.rotated_at.abs_diff(now) <= SAME_EXCHANGE => {}
        Some(_) => return Ok(Err(GrantFault::Used)),
        None if !is_good(grant.expires_at, OFFER_SECONDS, now) => {
            return Ok(Err(GrantFault::Expired));
        }
        None => {}
    }
    if taken.is_some()
        && let Some(own) = grant.retry_hash
        && !retry_hash.is_some_and(|shown| bool::from(own.ct_eq(&shown)))
    {
        return Ok(Err(GrantFault::Used));
    }
    if !bool::from(grant.tx_code_hash.ct_eq(tx_code_hash)) {
        grant.attempts_left -= 1;
        transaction.put::<Grants>(&offer_hash, &grant);
        return Ok(Err(GrantFault::WrongTxCode));
    }
    let account = account_of(transaction.find::<Persons>(&grant.person)?)?;
    Ok(match (account, taken) {
        (Account::Frozen, _) => Err(GrantFault::Frozen),
        (Account::Active, Some((family, true))) => Ok(Taken::Again(family)),
        (_, Some(_)) => Err(GrantFault::Used),
        (Account::Active, None) if !grant.ended => Ok(Taken::New(Offered { offer_hash, grant })),
        (Account::Active | Account::Revoked, None) => Err(GrantFault::Unknown),
    })
}

/// What both codes of an offer open.
pub(super) enum Taken {
    /// It may be taken up.
    New(Offered),
    /// It was, a moment ago, and this device has used nothing of it yet.
    Again(Family),
}

/// A grant that may be taken up.
pub(super) struct Offered {
    offer_hash: [u8; 32],
    pub(super) grant: Grant,
}

impl Offered {
    /// It is used from now on, which the family of its code tells. What its wallet needs to ask again stays
    /// for its time.
    pub(super) fn use_up(self, transaction: &mut Transaction, retry_hash: Option<[u8; 32]>) {
        let Self { offer_hash, grant } = self;
        transaction.remove::<GrantsOf>(&(grant.person, offer_hash));
        let grant = Grant { sealed_offer: Vec::new(), retry_hash, ..grant };
        transaction.put::<Grants>(&offer_hash, &grant);
    }
}

fn remove(transaction: &mut Transaction, offer_hash: &[u8; 32], grant: &Grant) {
    transaction.remove::<Grants>(offer_hash);
    transaction.remove::<GrantCodes>(&grant.code_hash);
    transaction.remove::<GrantsOf>(&(grant.person, *offer_hash));
}

/// Removes an offer whose time is over.
pub(super) fn forget(
    transaction: &mut Transaction,
    offer_hash: &[u8; 32],
) -> Result<(), StoreError> {
    if let Some(grant) = transaction.find::<Grants>(offer_hash)? {
        remove(transaction, offer_hash, &grant);
    }
    Ok(())
}

/// What an ended offer leaves: nothing that could be taken up.
pub(crate) fn without_offer(grant: Grant) -> Grant {
    Grant { sealed_offer: Vec::new(), ended: true, ..grant }
}

/// Ends all offers that are out for a person, whatever the clock says of them.
pub(super) fn end_all(transaction: &mut Transaction, person: PersonId) -> Result<(), StoreError> {
    end_where(transaction, person, |_| true)
}

/// Ends the offers that rest on an approval by one device.
pub(super) fn end_approved(
    transaction: &mut Transaction,
    person: PersonId,
    device: DeviceId,
) -> Result<(), StoreError> {
    end_where(transaction, person, |grant| grant.approved_on == Some(device))
}

fn end_where(
    transaction: &mut Transaction,
    person: PersonId,
    ends: impl Fn(&Grant) -> bool,
) -> Result<(), StoreError> {
    for (_, offer_hash) in transaction.keys::<GrantsOf>(&person)? {
        let grant = transaction.find::<Grants>(&offer_hash)?;
        if let Some(grant) = grant.filter(|grant| ends(grant)) {
            transaction.put::<Grants>(&offer_hash, &without_offer(grant));
        }
    }
    Ok(())
}

/// Ends all offers that one registrar made. Seldom asked for, so that no list is kept for it.
pub(super) fn end_made_by(
    transaction: &mut Transaction,
    registrar: &str,
) -> Result<(), StoreError> {
    for (offer_hash, grant) in transaction.scan::<Grants>(&All)? {
        if grant.made_by == registrar {
            transaction.put::<Grants>(&offer_hash, &without_offer(grant));
        }
    }
    Ok(())
}
