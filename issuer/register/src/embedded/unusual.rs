//! What staff did alone that an operator should look at, by the names of their credentials.

use super::deeds::{self, Deed, Done};
use super::records::{decode, decode_found};
use super::tables::{CHECKED_TIME, Table, Tables};
use super::{credentials, requests, time};
use crate::{Approvers, Credential, StoreError, Unusual, UnusualKind, Venue, credential_id};

pub(super) fn read(tables: &Tables) -> Result<Vec<Unusual>, StoreError> {
    let mut found = Vec::new();
    for done in deeds::unusual(tables, Deed::Restriction)? {
        add_good(tables, &Approvers::Administrators, done, Deed::Restriction, &mut found)?;
    }
    for done in deeds::unusual(tables, Deed::Freeze)? {
        add_good(tables, &Approvers::Registrars, done, Deed::Freeze, &mut found)?;
    }
    for mut done in deeds::unusual(tables, Deed::Refusal)? {
        let end = done.by.iter().position(|byte| *byte == 0);
        let end = end.ok_or(StoreError::Damaged("deeds"))?;
        let approvers = approvers_of(tables, &done.by[end + 1..])?;
        done.by.truncate(end);
        // None where its venue is gone.
        if let Some(approvers) = approvers {
            add_good(tables, &approvers, done, Deed::Refusal, &mut found)?;
        }
    }
    let checked = time::decode(tables.find(Table::Meta, CHECKED_TIME)?)?;
    for (hash, credential) in credentials::of_administrators_on_disk(tables)? {
        if credential.contested.is_some_and(|made| made.is_contest(checked)) {
            found.push(Unusual { kind: UnusualKind::Contested, credential: credential_id(&hash) });
        }
    }
    Ok(found)
}

/// The approvers whose requests have keys that begin so.
fn approvers_of(tables: &Tables, prefix: &[u8]) -> Result<Option<Approvers>, StoreError> {
    let is_it = |approvers: &Approvers| requests::prefix(approvers) == prefix;
    let of_city = [Approvers::Registrars, Approvers::Administrators].into_iter().find(is_it);
    if of_city.is_some() {
        return Ok(of_city);
    }
    for row in tables.scan(Table::Venues, &[]) {
        let approvers = Approvers::Venue(decode::<Venue>(&row?.1)?.id);
        if is_it(&approvers) {
            return Ok(Some(approvers));
        }
    }
    Ok(None)
}

/// The good credentials of the name with which it may have been done: nobody can tell which of several it
/// was, but one that was made since has not done what came before it.
fn add_good(
    tables: &Tables,
    approvers: &Approvers,
    done: Done,
    deed: Deed,
    found: &mut Vec<Unusual>,
) -> Result<(), StoreError> {
    let kind = match deed {
        Deed::Restriction => UnusualKind::Restrictions,
        Deed::Freeze => UnusualKind::Freezes,
        Deed::Refusal => UnusualKind::Refusals,
        Deed::GivenUp | Deed::Question | Deed::Look | Deed::UseReport => return Ok(()),
    };
    let name = String::from_utf8(done.by).map_err(|_| StoreError::Damaged("deeds"))?;
    let (table, prefix) = credentials::of_member(approvers, &name);
    for row in tables.scan(table, &prefix) {
        let (key, _) = row?;
        let hash: &[u8; 32] = key.last_chunk().ok_or(StoreError::Damaged("a credential"))?;
        let credential: Option<Credential> = decode_found(tables.find(Table::Credentials, hash)?)?;
        let Some(credential) = credential.filter(|credential| !credential.revoked) else {
            continue;
        };
        let made_at = credential.made.map_or(0, |made| made.at);
        if done.times.iter().filter(|at| **at >= made_at).count() >= deed.unusual_from() {
            found.push(Unusual { kind, credential: credential_id(hash) });
        }
    }
    Ok(())
}
