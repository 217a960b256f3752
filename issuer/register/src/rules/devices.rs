//! Credentials of a venue's devices, as the venue's operators see them.

use data_encoding::BASE64URL_NOPAD;

use super::credentials;
use super::transaction::Transaction;
use crate::audit::AuditEvent;
use crate::backend::{KeyRange, View};
use crate::rows::{Credentials, DeviceCredentials, Gates, InVenue, OfDevice, OfVenue};
use crate::{Bearer, Credential, CredentialId, DeviceCredential, StoreError, credential_id};

pub(super) fn list(
    tables: &dyn View,
    venue: &str,
    after: Option<(String, CredentialId)>,
    limit: usize,
) -> Result<Vec<DeviceCredential>, StoreError> {
    let own = InVenue(venue);
    let range = match &after {
        Some((device, id)) => {
            KeyRange::after::<DeviceCredentials>(&own, &(OfDevice { venue, device }, *id))
        }
        None => KeyRange::of::<DeviceCredentials>(&own),
    };
    let mut found = Vec::new();
    for key in tables.keys::<DeviceCredentials>(range).take(limit) {
        let hash = key?.hash;
        let credential = tables.find::<Credentials>(&hash)?;
        let Some(Credential { bearer: Bearer::Venue { device, .. }, revoked, .. }) = credential
        else {
            continue;
        };
        let gate = tables.has::<Gates>(&OfVenue::new(venue, &device))?;
        found.push(DeviceCredential { id: credential_id(&hash), device, revoked, gate });
    }
    Ok(found)
}

pub(super) fn venue_of(tables: &dyn View, id: CredentialId) -> Result<Option<String>, StoreError> {
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
    let gate = transaction.has::<Gates>(&OfVenue::new(&venue, &device))?;
    Ok(DeviceCredential { id, device, revoked: true, gate })
}
