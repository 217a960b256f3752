//! Credentials of a venue's devices, as the venue's operators see them.

use data_encoding::BASE64URL_NOPAD;

use super::records::decode_found;
use super::tables::{Table, Tables};
use super::transaction::Transaction;
use super::{credentials, gates};
use crate::audit::AuditEvent;
use crate::{Bearer, Credential, CredentialId, DeviceCredential, StoreError, credential_id};

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
        let Some(Credential { bearer: Bearer::Venue { device, .. }, revoked, .. }) = credential
        else {
            continue;
        };
        let gate = tables.find(Table::Gates, &gates::key(venue, &device))?.is_some();
        found.push(DeviceCredential { id: credential_id(hash), device, revoked, gate });
    }
    Ok(found)
}

pub(super) fn venue_of(tables: &Tables, id: CredentialId) -> Result<Option<String>, StoreError> {
    let found = credentials::find_on_disk(tables, &id)?;
    Ok(found.and_then(|(_, credential)| match credential.bearer {
        Bearer::Venue { venue, .. } => Some(venue),
        _ => None,
    }))
}

pub(super) fn withdraw(
    transaction: &mut Transaction,
    venue: String,
    id: CredentialId,
    actor: String,
    at: u64,
) -> Result<DeviceCredential, StoreError> {
    let found = credentials::find(transaction, &id)?;
    let (hash, mut credential) = found.ok_or(StoreError::NotFound)?;
    let Bearer::Venue { venue: own, device } = credential.bearer.clone() else {
        return Err(StoreError::NotFound);
    };
    if own != venue {
        return Err(StoreError::NotFound);
    }
    if !credential.revoked {
        credential.revoked = true;
        credentials::put(transaction, &hash, &credential);
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
