//! Holders, looked up by the SHA-256 of their access token.

use szid_register::{Account, PersonId, Session, StoreError};

use super::AccessFault;
use crate::service::Service;

/// The person and the device behind a token, while it is good.
pub(crate) async fn session(
    service: &Service,
    token: Option<[u8; 32]>,
) -> Result<Option<Session>, StoreError> {
    match token {
        Some(hash) => service.common.store.session(hash, service.common.clock.now()).await,
        None => Ok(None),
    }
}

/// Asks again for a person's access token, after a wait in which it or the account may have been withdrawn.
pub(crate) async fn still_active(
    service: &Service,
    token: Option<[u8; 32]>,
    person: PersonId,
) -> Result<(), AccessFault> {
    let session = session(service, token).await?;
    if session.is_none_or(|session| session.person != person) {
        return Err(AccessFault::CredentialMissing);
    }
    check_active(service, person).await
}

/// Whether a person's account is active.
pub(crate) async fn check_active(service: &Service, person: PersonId) -> Result<(), AccessFault> {
    let found = service.common.store.person(person).await?.ok_or(AccessFault::CredentialMissing)?;
    match found.account {
        Account::Active => Ok(()),
        Account::Frozen => Err(AccessFault::AccountFrozen),
        Account::Revoked => Err(AccessFault::AccountRevoked),
    }
}
