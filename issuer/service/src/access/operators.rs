//! Operators of venues and administrators of the service, behind their credentials.

use szid_register::{Bearer, OperatorRole, Venue};

use super::{AccessFault, bearer};
use crate::shared::Common;

/// An operator of a venue.
pub(crate) struct Operator {
    pub(crate) venue: Venue,
    pub(crate) name: String,
    pub(crate) role: OperatorRole,
}

impl Operator {
    /// The same, as long as they may change something.
    pub(crate) fn who_manages(self) -> Result<Self, AccessFault> {
        match self.role {
            OperatorRole::Manager => Ok(self),
            OperatorRole::Viewer => Err(AccessFault::OnlyLooks),
        }
    }
}

/// The operator behind a credential, as long as it is good. One whose venue is suspended still looks, and
/// still withdraws.
pub(crate) async fn operator(common: &Common, hash: [u8; 32]) -> Result<Operator, AccessFault> {
    let Bearer::Operator { venue, name, duty } = bearer(common, Some(hash)).await? else {
        return Err(AccessFault::RoleDenied);
    };
    let venue = common.store.venue(&venue).await?.ok_or(AccessFault::CredentialMissing)?;
    Ok(Operator { venue, name, role: duty })
}

/// The administrator behind a credential, by name.
pub(crate) async fn administrator(
    common: &Common,
    hash: Option<[u8; 32]>,
) -> Result<String, AccessFault> {
    match bearer(common, hash).await {
        Err(AccessFault::CredentialWithdrawn) if is_contested(common, hash).await? => {
            Err(AccessFault::Contested)
        }
        Ok(Bearer::Administrator { name }) => Ok(name),
        Ok(_) => Err(AccessFault::RoleDenied),
        Err(fault) => Err(fault),
    }
}

/// Whether another administrator alone has withdrawn this one, and it is still to be confirmed.
async fn is_contested(common: &Common, hash: Option<[u8; 32]>) -> Result<bool, AccessFault> {
    let Some(hash) = hash else { return Ok(false) };
    let credential = common.store.credential(hash).await?;
    let Some(made) = credential.and_then(|credential| credential.contested) else {
        return Ok(false);
    };
    Ok(made.is_contest(common.store.checked_time().await?))
}
