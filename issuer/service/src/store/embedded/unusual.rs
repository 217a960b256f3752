//! What staff did alone that an operator should look at, by the names of their credentials.

use crate::store::{Bearer, Credential, StoreError, Unusual, UnusualKind, credential_id};

use super::deeds::{self, Deed};
use super::records::decode_found;
use super::tables::{CHECKED_TIME, Table, Tables};
use super::{credentials, time};

pub(super) fn read(tables: &Tables) -> Result<Vec<Unusual>, StoreError> {
    let mut found = Vec::new();
    let named = |name: Vec<u8>| String::from_utf8(name).map_err(|_| StoreError::Damaged("deeds"));
    for name in deeds::unusual(tables, Deed::Withdrawal)? {
        let bearer = Bearer::Administrator { name: named(name)? };
        add_good(tables, &bearer, UnusualKind::Withdrawals, &mut found)?;
    }
    for name in deeds::unusual(tables, Deed::Freeze)? {
        let bearer = Bearer::Registrar { registrar: named(name)? };
        add_good(tables, &bearer, UnusualKind::Freezes, &mut found)?;
    }
    let checked = time::decode(tables.find(Table::Meta, CHECKED_TIME)?)?;
    for (hash, credential) in credentials::of_administrators_on_disk(tables)? {
        if credential.contested.is_some_and(|made| made.is_contest(checked)) {
            found.push(Unusual { kind: UnusualKind::Contested, credential: credential_id(&hash) });
        }
    }
    Ok(found)
}

/// All good credentials of the name: nobody can tell which of them it was.
fn add_good(
    tables: &Tables,
    bearer: &Bearer,
    kind: UnusualKind,
    found: &mut Vec<Unusual>,
) -> Result<(), StoreError> {
    let (table, prefix) = credentials::owner(bearer);
    for row in tables.scan(table, &prefix) {
        let (key, _) = row?;
        let hash: &[u8; 32] = key.last_chunk().ok_or(StoreError::Damaged("a credential"))?;
        let credential: Option<Credential> = decode_found(tables.find(Table::Credentials, hash)?)?;
        if credential.is_some_and(|credential| !credential.revoked) {
            found.push(Unusual { kind, credential: credential_id(hash) });
        }
    }
    Ok(())
}
