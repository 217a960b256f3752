//! Holders, looked up by the SHA-256 of their access token.

use szid_register::{Account, PersonId, Session, StoreError};

use super::AccessFault;
use crate::shared::Common;

/// The person and the device behind a token, while it is good.
pub(crate) async fn session(
    common: &Common,
    token: Option<[u8; 32]>,
) -> Result<Option<Session>, StoreError> {
    match token {
        Some(hash) => common.store.session(hash, common.clock.now()).await,
        None => Ok(None),
    }
}

/// Asks again for a person's access token, after a wait in which it or the account may have been withdrawn.
pub(crate) async fn still_active(
    common: &Common,
    token: Option<[u8; 32]>,
    person: PersonId,
) -> Result<(), AccessFault> {
    let session = session(common, token).await?;
    if session.is_none_or(|session| session.person != person) {
        return Err(AccessFault::CredentialMissing);
    }
    check_active(common, person).await
}

/// Whether a person's account is active.
pub(crate) async fn check_active(common: &Common, person: PersonId) -> Result<(), AccessFault> {
    let found = common.store.person(person).await?.ok_or(AccessFault::CredentialMissing)?;
    match found.account {
        Account::Active => Ok(()),
        Account::Frozen => Err(AccessFault::AccountFrozen),
        Account::Revoked => Err(AccessFault::AccountRevoked),
    }
}
