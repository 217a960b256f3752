//! Credentials of every role: kept under the hash of their secret, listed by whose they are.

use super::records::{decode, decode_found, encode};
use super::tables::{Table, Tables};
use super::transaction::Transaction;
use crate::{
    Approvers, Bearer, Credential, CredentialId, CredentialScope, Made, NamedCredential,
    StoreError, credential_id, look_the_same,
};

const REGISTRAR: u8 = 1;
const OPERATOR: u8 = 2;
const ADMINISTRATOR: u8 = 3;

/// Keeps a credential, and its row in the list of its role.
pub(super) fn put(transaction: &mut Transaction, hash: &[u8; 32], credential: &Credential) {
    transaction.put(Table::Credentials, hash, encode(credential));
    let (table, key) = index_row(hash, &credential.bearer);
    transaction.put(table, &key, Vec::new());
}

/// Keeps a new credential.
pub(super) fn give(
    transaction: &mut Transaction,
    hash: &[u8; 32],
    bearer: Bearer,
    by: String,
    at: u64,
) {
    let made = Some(Made { at, by });
    put(transaction, hash, &Credential { bearer, revoked: false, made, contested: None });
}

/// The row that lists a credential.
pub(super) fn index_row(hash: &[u8], bearer: &Bearer) -> (Table, Vec<u8>) {
    let (table, owner) = owner(bearer);
    (table, [owner.as_slice(), hash].concat())
}

/// What the list's keys of one bearer begin with. Neither ids nor labels nor names hold a zero.
pub(super) fn owner(bearer: &Bearer) -> (Table, Vec<u8>) {
    match bearer {
        Bearer::Venue { venue, device } => {
            let key = [venue.as_bytes(), &[0], device.as_bytes(), &[0]].concat();
            (Table::DeviceCredentials, key)
        }
        Bearer::Registrar { registrar } => staff(REGISTRAR, &[registrar]),
        Bearer::Operator { venue, name, .. } => staff(OPERATOR, &[venue, name]),
        Bearer::Administrator { name } => staff(ADMINISTRATOR, &[name]),
    }
}

fn staff(role: u8, names: &[&str]) -> (Table, Vec<u8>) {
    let names = names.iter().flat_map(|name| name.bytes().chain([0]));
    (Table::StaffCredentials, std::iter::once(role).chain(names).collect())
}

/// The lists that make up a scope, in order.
fn lists(scope: &CredentialScope) -> Vec<(Table, Vec<u8>)> {
    match scope {
        CredentialScope::Venue(venue) => {
            let devices = [venue.as_bytes(), &[0]].concat();
            let operators = [&[OPERATOR], devices.as_slice()].concat();
            vec![(Table::DeviceCredentials, devices), (Table::StaffCredentials, operators)]
        }
        CredentialScope::Operators => vec![(Table::StaffCredentials, vec![OPERATOR])],
        CredentialScope::Registrars => vec![(Table::StaffCredentials, vec![REGISTRAR])],
        CredentialScope::Administrators => vec![(Table::StaffCredentials, vec![ADMINISTRATOR])],
    }
}

pub(super) fn list(
    tables: &Tables,
    scope: &CredentialScope,
    after: Option<CredentialId>,
    limit: usize,
) -> Result<Vec<NamedCredential>, StoreError> {
    let mut lists = lists(scope);
    let mut start = None;
    if let Some(id) = after {
        let (hash, credential) = find_on_disk(tables, &id)?.ok_or(StoreError::NotFound)?;
        let (table, key) = index_row(&hash, &credential.bearer);
        // Lists before the one that holds the named credential were seen already.
        let holds = |list: &(Table, Vec<u8>)| list.0 == table && key.starts_with(&list.1);
        let place = lists.iter().position(holds).ok_or(StoreError::NotFound)?;
        lists.drain(..place);
        start = Some([key.as_slice(), &[0]].concat());
    }
    let mut found = Vec::new();
    for (table, prefix) in lists {
        let first = start.take().unwrap_or_else(|| prefix.clone());
        let rows = tables.scan_from(table, &first);
        let rows = rows
            .take_while(|row| row.as_ref().map_or(true, |(key, _)| key.starts_with(&prefix)))
            .take(limit - found.len());
        for row in rows {
            let (key, _) = row?;
            let hash: &[u8; 32] = key.last_chunk().ok_or(StoreError::Damaged("a credential"))?;
            let credential = decode_found(tables.find(Table::Credentials, hash)?)?;
            let credential = credential.ok_or(StoreError::Damaged("a credential"))?;
            found.push(NamedCredential { id: credential_id(hash), credential });
        }
    }
    Ok(found)
}

fn read(row: (Vec<u8>, Vec<u8>)) -> Result<([u8; 32], Credential), StoreError> {
    let hash = row.0.try_into().map_err(|_| StoreError::Damaged("a credential"))?;
    Ok((hash, decode(&row.1)?))
}

/// The credential of this name, with the hash that it is kept under.
pub(super) fn find(
    transaction: &Transaction,
    id: &CredentialId,
) -> Result<Option<([u8; 32], Credential)>, StoreError> {
    transaction.scan(Table::Credentials, id)?.into_iter().next().map(read).transpose()
}

/// The same, without the changes of the group that is being written.
pub(super) fn find_on_disk(
    tables: &Tables,
    id: &CredentialId,
) -> Result<Option<([u8; 32], Credential)>, StoreError> {
    tables.scan(Table::Credentials, id).next().map(|row| read(row?)).transpose()
}

/// The credentials of one bearer, good ones and withdrawn ones, with the hashes that they are kept under.
pub(super) fn of(
    transaction: &Transaction,
    bearer: &Bearer,
) -> Result<Vec<([u8; 32], Credential)>, StoreError> {
    let (table, owner) = owner(bearer);
    let found = transaction.scan(table, &owner)?.into_iter().map(|(key, _)| {
        let hash = *key.last_chunk().ok_or(StoreError::Damaged("a credential"))?;
        let credential = decode_found(transaction.find(Table::Credentials, &hash)?)?;
        Ok((hash, credential.ok_or(StoreError::Damaged("a credential"))?))
    });
    found.collect()
}

/// The credentials of all administrators, good ones and withdrawn ones, with the hashes that they are kept
/// under.
pub(super) fn of_administrators(
    transaction: &Transaction,
) -> Result<Vec<([u8; 32], Credential)>, StoreError> {
    of_staff(transaction, &[ADMINISTRATOR])
}

/// The same of those whose keys begin so.
fn of_staff(
    transaction: &Transaction,
    prefix: &[u8],
) -> Result<Vec<([u8; 32], Credential)>, StoreError> {
    let rows = transaction.scan(Table::StaffCredentials, prefix)?.into_iter();
    rows.map(|(key, _)| {
        let hash = *key.last_chunk().ok_or(StoreError::Damaged("a credential"))?;
        let credential = decode_found(transaction.find(Table::Credentials, &hash)?)?;
        Ok((hash, credential.ok_or(StoreError::Damaged("a credential"))?))
    })
    .collect()
}

/// Those of all administrators on disk.
pub(super) fn of_administrators_on_disk(
    tables: &Tables,
) -> Result<Vec<([u8; 32], Credential)>, StoreError> {
    let rows = tables.scan(Table::StaffCredentials, &[ADMINISTRATOR]);
    rows.map(|row| {
        let hash = *row?.0.last_chunk().ok_or(StoreError::Damaged("a credential"))?;
        let credential = decode_found(tables.find(Table::Credentials, &hash)?)?;
        Ok((hash, credential.ok_or(StoreError::Damaged("a credential"))?))
    })
    .collect()
}

/// The list of those with which somebody of this name asks and confirms among approvers.
pub(super) fn of_member(approvers: &Approvers, name: &str) -> (Table, Vec<u8>) {
    match approvers {
        Approvers::Venue(venue) => staff(OPERATOR, &[venue, name]),
        Approvers::Registrars => staff(REGISTRAR, &[name]),
        Approvers::Administrators => staff(ADMINISTRATOR, &[name]),
    }
}

/// Refuses a name that looks the same as another one with a good credential among its approvers: the two
/// count as one person, so that whoever made the second one would not have made a second person. A name that
/// has a good credential itself may have more.
pub(super) fn require_own_name(
    transaction: &Transaction,
    bearer: &Bearer,
) -> Result<(), StoreError> {
    let Some((approvers, name)) = bearer.approvers() else { return Ok(()) };
    if may_act(transaction, &approvers, name)? {
        return Ok(());
    }
    let prefix = match &approvers {
        Approvers::Venue(venue) => staff(OPERATOR, &[venue]).1,
        Approvers::Registrars => vec![REGISTRAR],
        Approvers::Administrators => vec![ADMINISTRATOR],
    };
    let known = of_staff(transaction, &prefix)?;
    let good = known.iter().filter(|(_, credential)| !credential.revoked);
    let mut names = good.filter_map(|(_, credential)| Some(credential.bearer.approvers()?.1));
    match names.find(|other| look_the_same(other, name)) {
        Some(other) => Err(StoreError::NameTwice(other.to_owned())),
        None => Ok(()),
    }
}

/// Whether somebody of this name has a good credential, with which they ask and confirm among approvers.
pub(super) fn may_act(
    transaction: &Transaction,
    approvers: &Approvers,
    name: &str,
) -> Result<bool, StoreError> {
    let (table, owner) = of_member(approvers, name);
    any_good(transaction, table, &owner, None)
}

/// Whether there is a good credential of an administrator besides the named one.
pub(super) fn other_administrator(
    transaction: &Transaction,
    except: &CredentialId,
) -> Result<bool, StoreError> {
    any_good(transaction, Table::StaffCredentials, &[ADMINISTRATOR], Some(except))
}

fn any_good(
    transaction: &Transaction,
    table: Table,
    prefix: &[u8],
    except: Option<&CredentialId>,
) -> Result<bool, StoreError> {
    for (key, _) in transaction.scan(table, prefix)? {
        let hash: &[u8; 32] = key.last_chunk().ok_or(StoreError::Damaged("a credential"))?;
        let found: Option<Credential> = decode_found(transaction.find(Table::Credentials, hash)?)?;
        if except != Some(&credential_id(hash)) && found.is_some_and(|found| !found.revoked) {
            return Ok(true);
        }
    }
    Ok(false)
}
