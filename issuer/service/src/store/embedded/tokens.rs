//! Grants and token families. Secrets are known here by their SHA-256 only.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::audit::AuditEvent;
use crate::store::{Grant, GrantFault, PersonId, StoreError, TokenPair};

use super::tables::{Table, Tables};
use super::writer::Transaction;
use super::{decode, decode_found, encode};

/// A token of either kind; its family tells whether it is still good.
#[derive(Serialize, Deserialize)]
struct Token {
    family: [u8; 32],
    refresh: bool,
    expires_at: u64,
}

/// All tokens that came from one grant. Named by the grant's code hash.
#[derive(Serialize, Deserialize)]
struct Family {
    person: PersonId,
    current: [u8; 32],
    previous: Option<[u8; 32]>,
    closed: bool,
}

pub(super) fn put_grant(
    transaction: &mut Transaction<'_>,
    offer_hash: [u8; 32],
    grant: &Grant,
) -> Result<(), StoreError> {
    transaction.put(Table::Grants, &offer_hash, encode(grant)?);
    transaction.put(Table::GrantCodes, &grant.code_hash, offer_hash.to_vec());
    Ok(())
}

pub(super) fn redeem(
    transaction: &mut Transaction<'_>,
    code_hash: [u8; 32],
    tx_code_hash: [u8; 32],
    tokens: TokenPair,
    now: u64,
) -> Result<Result<PersonId, GrantFault>, StoreError> {
    let Some(offer_hash) = transaction.find(Table::GrantCodes, &code_hash)? else {
        return Ok(Err(GrantFault::Unknown));
    };
    let grant = decode_found::<Grant>(transaction.find(Table::Grants, &offer_hash)?)?;
    let Some(mut grant) = grant.filter(|grant| grant.attempts_left > 0) else {
        return Ok(Err(GrantFault::Unknown));
    };
    if grant.expires_at <= now {
        return Ok(Err(GrantFault::Expired));
    }
    if !bool::from(grant.tx_code_hash.ct_eq(&tx_code_hash)) {
        grant.attempts_left -= 1;
        transaction.put(Table::Grants, &offer_hash, encode(&grant)?);
        return Ok(Err(GrantFault::WrongTxCode));
    }
    transaction.remove(Table::Grants, &offer_hash);
    transaction.remove(Table::GrantCodes, &code_hash);
    let family = Family {
        person: grant.person,
        current: tokens.refresh_hash,
        previous: None,
        closed: false,
    };
    transaction.put(Table::Families, &code_hash, encode(&family)?);
    put_tokens(transaction, code_hash, tokens)?;
    let event = AuditEvent::Tokens { person: grant.person.to_string(), by: "grant".into() };
    transaction.audit(event, now)?;
    Ok(Ok(grant.person))
}

fn put_tokens(
    transaction: &mut Transaction<'_>,
    family: [u8; 32],
    tokens: TokenPair,
) -> Result<(), StoreError> {
    let access = Token { family, refresh: false, expires_at: tokens.access_expires_at };
    let refresh = Token { family, refresh: true, expires_at: tokens.refresh_expires_at };
    transaction.put(Table::Tokens, &tokens.access_hash, encode(&access)?);
    transaction.put(Table::Tokens, &tokens.refresh_hash, encode(&refresh)?);
    Ok(())
}

pub(super) fn rotate(
    transaction: &mut Transaction<'_>,
    refresh_hash: [u8; 32],
    tokens: TokenPair,
    now: u64,
) -> Result<Result<PersonId, GrantFault>, StoreError> {
    let token = decode_found::<Token>(transaction.find(Table::Tokens, &refresh_hash)?)?;
    let Some(token) = token.filter(|token| token.refresh) else {
        return Ok(Err(GrantFault::Unknown));
    };
    let family =
        transaction.find(Table::Families, &token.family)?.ok_or(StoreError::Damaged("a family"))?;
    let mut family: Family = decode(&family)?;
    if family.closed {
        return Ok(Err(GrantFault::Unknown));
    }
    if token.expires_at <= now {
        return Ok(Err(GrantFault::Expired));
    }
    let person = family.person;
    if family.current == refresh_hash {
        family.previous = Some(refresh_hash);
    } else if family.previous != Some(refresh_hash) {
        family.closed = true;
        transaction.put(Table::Families, &token.family, encode(&family)?);
        transaction.audit(AuditEvent::TokenReuse { person: person.to_string() }, now)?;
        return Ok(Err(GrantFault::Reused));
    }
    // Where the one before came back, its lost successor is replaced and counts as old from now on.
    family.current = tokens.refresh_hash;
    transaction.put(Table::Families, &token.family, encode(&family)?);
    put_tokens(transaction, token.family, tokens)?;
    transaction
        .audit(AuditEvent::Tokens { person: person.to_string(), by: "refresh".into() }, now)?;
    Ok(Ok(person))
}

pub(super) fn session(
    tables: &Tables,
    access_hash: [u8; 32],
    now: u64,
) -> Result<Option<PersonId>, StoreError> {
    let token = decode_found::<Token>(tables.find(Table::Tokens, &access_hash)?)?;
    let Some(token) = token.filter(|token| !token.refresh && token.expires_at > now) else {
        return Ok(None);
    };
    let family = decode_found::<Family>(tables.find(Table::Families, &token.family)?)?;
    Ok(family.filter(|family| !family.closed).map(|family| family.person))
}

/// Revocation is rare: a walk over the families is cheaper than an index that every enrolment would have to keep.
pub(super) fn close_families_of(
    transaction: &mut Transaction<'_>,
    person: PersonId,
) -> Result<(), StoreError> {
    for (key, value) in transaction.scan(Table::Families, &[])? {
        let mut family: Family = decode(&value)?;
        if family.person == person && !family.closed {
            family.closed = true;
            transaction.put(Table::Families, &key, encode(&family)?);
        }
    }
    Ok(())
}

/// Tokens and grants that have run out.
pub(super) fn expired(
    transaction: &Transaction<'_>,
    now: u64,
) -> Result<Vec<(Table, Vec<u8>)>, StoreError> {
    let mut rows = Vec::new();
    for (key, value) in transaction.scan(Table::Tokens, &[])? {
        if decode::<Token>(&value)?.expires_at <= now {
            rows.push((Table::Tokens, key));
        }
    }
    for (key, value) in transaction.scan(Table::Grants, &[])? {
        let grant: Grant = decode(&value)?;
        if grant.expires_at <= now {
            rows.push((Table::GrantCodes, grant.code_hash.to_vec()));
            rows.push((Table::Grants, key));
        }
    }
    Ok(rows)
}
