//! Credentials, looked up by the SHA-256 of their secret: no secrets are compared, and none is stored.

use szid_register::Bearer;

use super::AccessFault;
use crate::shared::Common;

/// Finds the credential by the SHA-256 of its secret, as long as it is good.
pub(crate) async fn bearer(common: &Common, hash: Option<[u8; 32]>) -> Result<Bearer, AccessFault> {
    let hash = hash.ok_or(AccessFault::CredentialMissing)?;
    let credential = common.store.credential(hash).await?;
    let credential = credential.ok_or(AccessFault::CredentialMissing)?;
    if credential.revoked { Err(AccessFault::CredentialWithdrawn) } else { Ok(credential.bearer) }
}
