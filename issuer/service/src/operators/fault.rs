//! Why an operator does not have their way.

use szid_register::RequestFault;

use crate::failure::Failure;

/// A fault of what an operator does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OperatorFault {
    /// The venue is suspended: nothing is given.
    Suspended,
    /// A device cannot be called so.
    Label,
    /// There is no such credential.
    Unknown,
    /// The credential is another venue's device's.
    Foreign,
    /// The request is not made, confirmed or refused.
    Request(RequestFault),
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for OperatorFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}

impl From<RequestFault> for OperatorFault {
    fn from(fault: RequestFault) -> Self {
        Self::Request(fault)
    }
}
