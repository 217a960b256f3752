//! Credentials of every role: listed without their secrets, made, withdrawn by their names, and contested.

use szid_register::entropy::make_random;
use szid_register::{
    AdminChange, Bearer, CredentialId, CredentialScope, NamedCredential, StoreError,
};

use super::AdministrationFault;
use super::doing::{Acted, administer};
use super::views::BearerView;
use crate::shared::Common;

/// Credentials of one answer.
const PAGE: usize = 200;

/// A part of the credentials.
pub(crate) struct CredentialPage {
    /// By venue and name.
    pub(crate) credentials: Vec<NamedCredential>,
    /// Where the next part begins, if there may be one.
    pub(crate) next: Option<CredentialId>,
}

/// What is listed, if there is such a venue.
pub(crate) async fn known_scope(
    common: &Common,
    scope: CredentialScope,
) -> Result<CredentialScope, AdministrationFault> {
    if let CredentialScope::Venue(venue) = &scope {
        common.store.venue(venue).await?.ok_or(AdministrationFault::Unknown)?;
    }
    Ok(scope)
}

/// The credentials of a venue or of a role, good ones and withdrawn ones.
pub(crate) async fn credentials(
    common: &Common,
    scope: CredentialScope,
    after: Option<CredentialId>,
) -> Result<CredentialPage, AdministrationFault> {
    let found = match common.store.credentials(scope, after, PAGE).await {
        Err(StoreError::NotFound) => return Err(AdministrationFault::AfterUnknown),
        found => found?,
    };
    let last = found.last().filter(|_| found.len() == PAGE);
    let next = last.map(|last| last.id);
    Ok(CredentialPage { credentials: found, next })
}

/// Asks for a credential.
pub(crate) async fn make(
    common: &Common,
    name: String,
    wanted: BearerView,
) -> Result<Acted<()>, AdministrationFault> {
    let bearer = Bearer::try_from(wanted)?;
    // No secret exists before a second administrator confirms: this one's hash is kept nowhere.
    let change = AdminChange::Credential { hash: make_random(&*common.entropy)?, bearer };
    administer(common, name, change).await
}

/// Withdraws a credential, at once, where it does not take two. Again, it changes nothing.
pub(crate) async fn withdraw(
    common: &Common,
    name: String,
    id: CredentialId,
) -> Result<Acted<NamedCredential>, AdministrationFault> {
    let acted = administer(common, name, AdminChange::Withdraw(id)).await?;
    let withdrawn = common.store.credential_named(id).await?;
    let withdrawn = withdrawn.ok_or(AdministrationFault::Unknown)?;
    Ok(acted.map(|()| withdrawn))
}

/// Withdraws whoever alone has withdrawn the administrator's credential with this hash.
pub(crate) async fn contest(
    common: &Common,
    hash: [u8; 32],
) -> Result<Vec<NamedCredential>, AdministrationFault> {
    let credential = common.store.credential(hash).await?;
    let credential = credential.ok_or(AdministrationFault::CredentialMissing)?;
    if !matches!(credential.bearer, Bearer::Administrator { .. }) {
        return Err(AdministrationFault::RoleDenied);
    }
    if !credential.revoked {
        return Err(AdministrationFault::NothingToContest);
    }
    let withdrawn = common.store.contest(hash, common.clock.now()).await??;
    let mut credentials = Vec::with_capacity(withdrawn.len());
    for id in withdrawn {
        let found = common.store.credential_named(id).await?;
        credentials.push(found.ok_or(AdministrationFault::Unknown)?);
    }
    Ok(credentials)
}
