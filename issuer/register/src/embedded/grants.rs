//! Offers that are out: each is a grant, which one device takes up once. What ends one leaves its row to its
//! time, so that a wallet that comes with it can be told why.

use subtle::ConstantTimeEq;

use super::families::Family;
use super::records::{Record, RowReader, RowWriter, decode, decode_found, encode};
use super::tables::{Table, Tables};
use super::tokens::{Expiring, SAME_EXCHANGE, note_expiry};
use super::transaction::Transaction;
use super::{credentials, families};
use crate::lifetimes::is_good;
use crate::{
    Account, Approvers, DeviceId, DeviceRule, Grant, GrantFault, OFFER_SECONDS, Person, PersonId,
    StoreError,
};

impl Record for Grant {
    fn write(&self, row: &mut RowWriter) {
        row.array(&self.person.0);
        row.array(&self.code_hash);
        row.array(&self.tx_code_hash);
        row.bytes(&self.sealed_offer);
        row.number(self.expires_at);
        row.byte(self.attempts_left);
        row.device_rule(self.devices);
        row.text(&self.made_by);
        row.optional_device(self.approved_on);
        row.byte(self.ended.into());
        // A row of a device that named none is as it was before one could be named.
        if let Some(retry) = &self.retry_hash {
            row.array(retry);
        }
    }

    fn read(row: &mut RowReader<'_>) -> Option<Self> {
        let mut grant = Self {
            person: PersonId(row.array()?),
            code_hash: row.array()?,
            tx_code_hash: row.array()?,
            sealed_offer: row.bytes()?.to_vec(),
            expires_at: row.number()?,
            attempts_left: row.byte()?,
            devices: DeviceRule::Adds,
            made_by: String::new(),
            approved_on: None,
            ended: false,
            retry_hash: None,
        };
        // Version 3 knew no devices: an offer came in addition. It did not say who made it either.
        if row.1 >= 4 {
            grant.devices = row.device_rule()?;
            grant.made_by = row.text()?;
            grant.approved_on = row.optional_device()?;
            grant.ended = row.flag()?;
            if !row.is_over() {
                grant.retry_hash = Some(row.array()?);
            }
        }
        Some(grant)
    }
}

/// The key of an offer among those of its person.
pub(super) fn offer_of(person: PersonId, offer_hash: &[u8]) -> Vec<u8> {
    [person.0.as_slice(), offer_hash].concat()
}

/// Keeps an offer, for an active account and by somebody who may make one: both may have changed since they
/// were looked at.
pub(super) fn put(
    transaction: &mut Transaction,
    offer_hash: [u8; 32],
    grant: &Grant,
) -> Result<(), StoreError> {
    match account_of(transaction.find(Table::Persons, &grant.person.0)?)? {
        Account::Active => {}
        Account::Frozen => return Err(StoreError::AccountFrozen),
        Account::Revoked => return Err(StoreError::AccountState),
    }
    if !credentials::may_act(transaction, &Approvers::Registrars, &grant.made_by)? {
        return Err(StoreError::Withdrawn);
    }
    transaction.put(Table::Grants, &offer_hash, encode(grant));
    transaction.put(Table::GrantCodes, &grant.code_hash, offer_hash.to_vec());
    transaction.put(Table::GrantsOf, &offer_of(grant.person, &offer_hash), Vec::new());
    note_expiry(transaction, Expiring::Grant, grant.expires_at, &offer_hash);
    Ok(())
}

fn account_of(person: Option<Vec<u8>>) -> Result<Account, StoreError> {
    let person: Person = decode(&person.ok_or(StoreError::Damaged("a grant for nobody"))?)?;
    Ok(person.account)
}

/// The sealed offer, for whoever was given its link.
pub(super) fn offer(
    tables: &Tables,
    offer_hash: &[u8; 32],
    now: u64,
) -> Result<Result<Vec<u8>, GrantFault>, StoreError> {
    let grant: Option<Grant> = decode_found(tables.find(Table::Grants, offer_hash)?)?;
    let Some(grant) = grant else { return Ok(Err(GrantFault::Unknown)) };
    if families::of_grant(tables, &grant.code_hash)?.is_some() {
        return Ok(Err(GrantFault::Used));
    }
    if grant.attempts_left == 0 {
        return Ok(Err(GrantFault::Locked));
    }
    if !is_good(grant.expires_at, OFFER_SECONDS, now) {
        return Ok(Err(GrantFault::Expired));
    }
    match account_of(tables.find(Table::Persons, &grant.person.0)?)? {
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
    let Some(offer_hash) = transaction.find(Table::GrantCodes, code_hash)? else {
        return Ok(Err(GrantFault::Unknown));
    };
    let grant = decode_found::<Grant>(transaction.find(Table::Grants, &offer_hash)?)?;
    let Some(mut grant) = grant else { return Ok(Err(GrantFault::Unknown)) };
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
        transaction.put(Table::Grants, &offer_hash, encode(&grant));
        return Ok(Err(GrantFault::WrongTxCode));
    }
    let account = account_of(transaction.find(Table::Persons, &grant.person.0)?)?;
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
    offer_hash: Vec<u8>,
    pub(super) grant: Grant,
}

impl Offered {
    /// It is used from now on, which the family of its code tells. What its wallet needs to ask again stays
    /// for its time.
    pub(super) fn use_up(self, transaction: &mut Transaction, retry_hash: Option<[u8; 32]>) {
        let Self { offer_hash, grant } = self;
        transaction.remove(Table::GrantsOf, &offer_of(grant.person, &offer_hash));
        let grant = Grant { sealed_offer: Vec::new(), retry_hash, ..grant };
        transaction.put(Table::Grants, &offer_hash, encode(&grant));
    }
}

fn remove(transaction: &mut Transaction, offer_hash: &[u8], grant: &Grant) {
    transaction.remove(Table::Grants, offer_hash);
    transaction.remove(Table::GrantCodes, &grant.code_hash);
    transaction.remove(Table::GrantsOf, &offer_of(grant.person, offer_hash));
}

/// Removes an offer whose time is over.
pub(super) fn forget(
    transaction: &mut Transaction,
    offer_hash: &[u8; 32],
) -> Result<(), StoreError> {
    if let Some(grant) = decode_found::<Grant>(transaction.find(Table::Grants, offer_hash)?)? {
        remove(transaction, offer_hash, &grant);
    }
    Ok(())
}

/// What an ended offer leaves: nothing that could be taken up.
pub(super) fn without_offer(grant: Grant) -> Grant {
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
    for (row, _) in transaction.scan(Table::GrantsOf, &person.0)? {
        let offer_hash = &row[person.0.len()..];
        let grant = decode_found::<Grant>(transaction.find(Table::Grants, offer_hash)?)?;
        if let Some(grant) = grant.filter(|grant| ends(grant)) {
            transaction.put(Table::Grants, offer_hash, encode(&without_offer(grant)));
        }
    }
    Ok(())
}

/// Ends all offers that one registrar made. Seldom asked for, so that no list is kept for it.
pub(super) fn end_made_by(
    transaction: &mut Transaction,
    registrar: &str,
) -> Result<(), StoreError> {
    for (offer_hash, row) in transaction.scan(Table::Grants, &[])? {
        let grant: Grant = decode(&row)?;
        if grant.made_by == registrar {
            transaction.put(Table::Grants, &offer_hash, encode(&without_offer(grant)));
        }
    }
    Ok(())
}
