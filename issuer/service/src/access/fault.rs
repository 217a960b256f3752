//! Why somebody is not let in.

use crate::failure::Failure;

/// A fault of who asks, or of how many ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AccessFault {
    /// No credential is shown, or one that is not known.
    CredentialMissing,
    /// The credential was withdrawn.
    CredentialWithdrawn,
    /// One other administrator has withdrawn the credential, and no second one has confirmed that.
    Contested,
    /// The operator only looks, and would change something.
    OnlyLooks,
    /// The credential is another role's.
    RoleDenied,
    /// The venue is suspended, or its site is closed.
    VenueSuspended,
    /// The holder's account is frozen.
    AccountFrozen,
    /// The holder's account is revoked.
    AccountRevoked,
    /// As many as may be are there already.
    NoPlace,
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for AccessFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}
