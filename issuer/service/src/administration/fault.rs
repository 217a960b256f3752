//! Why an administrator does not have their way.

use szid_register::{AdminFault, RequestFault};

use super::views::{BearerFault, NumbersFault};
use crate::failure::Failure;

/// A fault of what an administrator does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AdministrationFault {
    /// The id of a venue or site cannot be one.
    Id,
    /// The name of a venue or site cannot be one.
    PlaceName,
    /// The unified social credit code cannot be right.
    Uscc,
    /// The scenes or the ages.
    Numbers(NumbersFault),
    /// A device cannot be called so.
    Label,
    /// The key is not a P-256 public key.
    Key,
    /// Nobody can bear such a credential.
    Bearer(BearerFault),
    /// What is named is not there.
    Unknown,
    /// The credential behind which a list goes on is not there.
    AfterUnknown,
    /// The credential that contests is not known.
    CredentialMissing,
    /// The credential that contests is no administrator's.
    RoleDenied,
    /// The credential that contests is good.
    NothingToContest,
    /// The clock is too far off to be confirmed without its step.
    ClockFar,
    /// The register does not take the change.
    Refused(AdminFault),
    /// The request is not confirmed or refused.
    Request(RequestFault),
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for AdministrationFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}

impl From<NumbersFault> for AdministrationFault {
    fn from(fault: NumbersFault) -> Self {
        Self::Numbers(fault)
    }
}

impl From<BearerFault> for AdministrationFault {
    fn from(fault: BearerFault) -> Self {
        Self::Bearer(fault)
    }
}

impl From<AdminFault> for AdministrationFault {
    fn from(fault: AdminFault) -> Self {
        Self::Refused(fault)
    }
}

impl From<RequestFault> for AdministrationFault {
    fn from(fault: RequestFault) -> Self {
        Self::Request(fault)
    }
}
