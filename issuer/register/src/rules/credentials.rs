//! Credentials of every role: kept under the hash of their secret, listed by whose they are.

use super::transaction::Transaction;
use crate::backend::{KeyRange, View};
use crate::rows::{
    Credentials, DeviceCredential as DeviceCredentialKey, DeviceCredentials, InVenue, Name,
    OfDevice, OfRole, StaffCredential, StaffCredentials, StaffRole,
};
use crate::{
    Approvers, Bearer, Credential, CredentialId, CredentialScope, Made, NamedCredential,
    StoreError, credential_id, look_the_same,
};

/// Keeps a credential, and its row in the list of its role.
pub(super) fn put(transaction: &mut Transaction, hash: &[u8; 32], credential: &Credential) {
    transaction.put::<Credentials>(hash, credential);
    match listed(*hash, &credential.bearer) {
        Listed::Device(key) => transaction.put::<DeviceCredentials>(&key, &()),
        Listed::Staff(key) => transaction.put::<StaffCredentials>(&key, &()),
    }
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

/// A row that lists credentials by whose they are.
pub(crate) enum Listed<'a> {
    Device(DeviceCredentialKey<'a>),
    Staff(StaffCredential<'a>),
}

/// The row that lists a credential.
pub(crate) fn listed(hash: [u8; 32], bearer: &Bearer) -> Listed<'_> {
    let (role, venue, name) = match bearer {
        Bearer::Venue { venue, device } => {
            let (venue, device) = (Name::from(venue), Name::from(device));
            return Listed::Device(DeviceCredentialKey { venue, device, hash });
        }
        Bearer::Registrar { registrar } => (StaffRole::Registrar, None, registrar),
        Bearer::Operator { venue, name, .. } => (StaffRole::Operator, Some(venue), name),
        Bearer::Administrator { name } => (StaffRole::Administrator, None, name),
    };
    let (venue, name) = (venue.map(Name::from), Name::from(name));
    Listed::Staff(StaffCredential { role, venue, name, hash })
}

pub(super) fn list(
    tables: &dyn View,
    scope: &CredentialScope,
    after: Option<CredentialId>,
    limit: usize,
) -> Result<Vec<NamedCredential>, StoreError> {
    let found = match after {
        Some(id) => Some(find_on_disk(tables, &id)?.ok_or(StoreError::NotFound)?),
        None => None,
    };
    let after = found.as_ref().map(|(hash, credential)| listed(*hash, &credential.bearer));
    let mut hashes = Vec::new();
    let staff = match scope {
        CredentialScope::Venue(venue) => {
            let own = InVenue(venue);
            let devices = match &after {
                None => Some(KeyRange::of::<DeviceCredentials>(&own)),
                Some(Listed::Device(key)) if key.venue == *venue => {
                    Some(KeyRange::after::<DeviceCredentials>(&own, key))
                }
                // They were seen already, or belong to another venue.
                Some(_) => None,
            };
            if let Some(devices) = devices {
                let keys = tables.keys::<DeviceCredentials>(devices).take(limit);
                hashes = keys.map(|key| Ok(key?.hash)).collect::<Result<_, StoreError>>()?;
            }
            OfRole::operators(venue, None)
        }
        CredentialScope::Operators => OfRole::all(StaffRole::Operator),
        CredentialScope::Registrars => OfRole::all(StaffRole::Registrar),
        CredentialScope::Administrators => OfRole::all(StaffRole::Administrator),
    };
    let own = |key: &StaffCredential<'_>| {
        key.role == staff.role && (staff.venue.is_none() || staff.venue == key.venue.as_deref())
    };
    let range = match (&after, scope) {
        (None, _) => KeyRange::of::<StaffCredentials>(&staff),
        (Some(Listed::Device(key)), CredentialScope::Venue(venue)) if key.venue == *venue => {
            KeyRange::of::<StaffCredentials>(&staff)
        }
        (Some(Listed::Staff(key)), _) if own(key) => {
            KeyRange::after::<StaffCredentials>(&staff, key)
        }
        _ => return Err(StoreError::NotFound),
    };
    for key in tables.keys::<StaffCredentials>(range).take(limit - hashes.len()) {
        hashes.push(key?.hash);
    }
    let named = hashes.into_iter().map(|hash| {
        let credential = tables.find::<Credentials>(&hash)?.ok_or(DAMAGED)?;
        Ok(NamedCredential { id: credential_id(&hash), credential })
    });
    named.collect()
}

const DAMAGED: StoreError = StoreError::Damaged("a credential");

/// A credential and the hash that it is kept under.
type Kept = ([u8; 32], Credential);

/// The credential of this name, with the hash that it is kept under.
pub(super) fn find(
    transaction: &Transaction,
    id: &CredentialId,
) -> Result<Option<Kept>, StoreError> {
    Ok(transaction.scan::<Credentials>(id)?.into_iter().next())
}

/// The same, without the changes of the group that is being written.
pub(super) fn find_on_disk(
    tables: &dyn View,
    id: &CredentialId,
) -> Result<Option<Kept>, StoreError> {
    tables.scan::<Credentials>(id).next().transpose()
}

/// The credentials of one bearer, good ones and withdrawn ones, with the hashes that they are kept under.
pub(super) fn of(transaction: &Transaction, bearer: &Bearer) -> Result<Vec<Kept>, StoreError> {
    match bearer {
        Bearer::Venue { venue, device } => {
            let keys = transaction.keys::<DeviceCredentials>(&OfDevice { venue, device })?;
            keys.into_iter().map(|key| kept(transaction, key.hash)).collect()
        }
        Bearer::Registrar { registrar } => {
            of_staff(transaction, OfRole::named(StaffRole::Registrar, registrar))
        }
        Bearer::Operator { venue, name, .. } => {
            of_staff(transaction, OfRole::operators(venue, Some(name)))
        }
        Bearer::Administrator { name } => {
            of_staff(transaction, OfRole::named(StaffRole::Administrator, name))
        }
    }
}

fn kept(transaction: &Transaction, hash: [u8; 32]) -> Result<Kept, StoreError> {
    Ok((hash, transaction.find::<Credentials>(&hash)?.ok_or(DAMAGED)?))
}

/// The credentials of all administrators, good ones and withdrawn ones, with the hashes that they are kept
/// under.
pub(super) fn of_administrators(transaction: &Transaction) -> Result<Vec<Kept>, StoreError> {
    of_staff(transaction, OfRole::all(StaffRole::Administrator))
}

/// The same of others.
fn of_staff(transaction: &Transaction, of: OfRole<'_>) -> Result<Vec<Kept>, StoreError> {
    let keys = transaction.keys::<StaffCredentials>(&of)?;
    keys.into_iter().map(|key| kept(transaction, key.hash)).collect()
}

/// Those of all administrators on disk.
pub(super) fn of_administrators_on_disk(tables: &dyn View) -> Result<Vec<Kept>, StoreError> {
    let administrators = OfRole::all(StaffRole::Administrator);
    let keys = tables.keys::<StaffCredentials>(KeyRange::of::<StaffCredentials>(&administrators));
    let kept = keys.map(|key| {
        let hash = key?.hash;
        Ok((hash, tables.find::<Credentials>(&hash)?.ok_or(DAMAGED)?))
    });
    kept.collect()
}

/// The list of those with which somebody of this name asks and confirms among approvers.
pub(super) fn of_member<'a>(approvers: &'a Approvers, name: &'a str) -> OfRole<'a> {
    match approvers {
        Approvers::Venue(venue) => OfRole::operators(venue, Some(name)),
        Approvers::Registrars => OfRole::named(StaffRole::Registrar, name),
        Approvers::Administrators => OfRole::named(StaffRole::Administrator, name),
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
    let all = match &approvers {
        Approvers::Venue(venue) => OfRole::operators(venue, None),
        Approvers::Registrars => OfRole::all(StaffRole::Registrar),
        Approvers::Administrators => OfRole::all(StaffRole::Administrator),
    };
    let known = of_staff(transaction, all)?;
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
    any_good(transaction, of_member(approvers, name), None)
}

/// Whether there is a good credential of an administrator besides the named one.
pub(super) fn other_administrator(
    transaction: &Transaction,
    except: &CredentialId,
) -> Result<bool, StoreError> {
    any_good(transaction, OfRole::all(StaffRole::Administrator), Some(except))
}

fn any_good(
    transaction: &Transaction,
    of: OfRole<'_>,
    except: Option<&CredentialId>,
) -> Result<bool, StoreError> {
    for key in transaction.keys::<StaffCredentials>(&of)? {
        let found = transaction.find::<Credentials>(&key.hash)?;
        if except != Some(&credential_id(&key.hash)) && found.is_some_and(|found| !found.revoked) {
            return Ok(true);
        }
    }
    Ok(false)
}
