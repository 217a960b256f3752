//! Credentials of a venue's devices, as the venue's operators see them.

use data_encoding::BASE64URL_NOPAD;

use crate::audit::AuditEvent;
use crate::store::{Bearer, Credential, CredentialId, DeviceCredential, StoreError};

use super::gates;
use super::records::{decode, decode_found, encode};
use super::tables::{Row, Table, Tables};
use super::transaction::Transaction;

/// Keeps a credential, and its row among those of its venue.
pub(super) fn put(transaction: &mut Transaction, hash: &[u8; 32], credential: &Credential) {
    transaction.put(Table::Credentials, hash, encode(credential));
    if let Some(key) = index_key(hash, &credential.bearer) {
        transaction.put(Table::DeviceCredentials, &key, Vec::new());
    }
}

pub(super) fn index_key(hash: &[u8], bearer: &Bearer) -> Option<Vec<u8>> {
    let Bearer::Venue { venue, device } = bearer else { return None };
    Some([venue.as_bytes(), &[0], device.as_bytes(), &[0], hash].concat())
}

/// The name of the credential that is kept under a hash.
pub(super) fn id_of(hash: &[u8; 32]) -> CredentialId {
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    id
}

pub(super) fn list(
    tables: &Tables,
    venue: &str,
    after: Option<(String, CredentialId)>,
    limit: usize,
) -> Result<Vec<DeviceCredential>, StoreError> {
    let prefix = [venue.as_bytes(), &[0]].concat();
    let start = match &after {
        // No hash that starts with the id lies beyond its longest continuation.
        Some((device, id)) => {
            [prefix.as_slice(), device.as_bytes(), &[0], id, &[0xff; 17]].concat()
        }
        None => prefix.clone(),
    };
    let rows = tables.scan_from(Table::DeviceCredentials, &start);
    let own = rows.take_while(|row| row.as_ref().map_or(true, |(key, _)| key.starts_with(&prefix)));
    let mut found = Vec::new();
    for row in own.take(limit) {
        let (key, _) = row?;
        let damaged = StoreError::Damaged("a device's credential");
        let hash: &[u8; 32] = key.last_chunk().ok_or(damaged)?;
        let credential: Option<Credential> = decode_found(tables.find(Table::Credentials, hash)?)?;
        let Some(Credential { bearer: Bearer::Venue { device, .. }, revoked }) = credential else {
            continue;
        };
        let gate = tables.find(Table::Gates, &gates::key(venue, &device))?.is_some();
        found.push(DeviceCredential { id: id_of(hash), device, revoked, gate });
    }
    Ok(found)
}

pub(super) fn venue_of(tables: &Tables, id: CredentialId) -> Result<Option<String>, StoreError> {
    let Some(row) = tables.scan(Table::Credentials, &id).next() else { return Ok(None) };
    Ok(match decode::<Credential>(&row?.1)?.bearer {
        Bearer::Venue { venue, .. } => Some(venue),
        Bearer::Operator { .. } | Bearer::Registrar { .. } => None,
    })
}

pub(super) fn withdraw(
    transaction: &mut Transaction,
    venue: String,
    id: CredentialId,
    actor: String,
    at: u64,
) -> Result<DeviceCredential, StoreError> {
    let found: Vec<Row> = transaction.scan(Table::Credentials, &id)?;
    let (key, row) = found.into_iter().next().ok_or(StoreError::NotFound)?;
    let hash: [u8; 32] = key.try_into().map_err(|_| StoreError::Damaged("a credential"))?;
    let mut credential: Credential = decode(&row)?;
    let Bearer::Venue { venue: own, device } = credential.bearer.clone() else {
        return Err(StoreError::NotFound);
    };
    if own != venue {
        return Err(StoreError::NotFound);
    }
    if !credential.revoked {
        credential.revoked = true;
        put(transaction, &hash, &credential);
        let event = AuditEvent::DeviceCredential {
            act: "withdrawn".into(),
            venue: venue.clone(),
            device: device.clone(),
            actor,
            asked_by: None,
            request: None,
            credential: Some(BASE64URL_NOPAD.encode(&id)),
        };
        transaction.audit(event, at)?;
    }
    let gate = transaction.find(Table::Gates, &gates::key(&venue, &device))?.is_some();
    Ok(DeviceCredential { id, device, revoked: true, gate })
}
