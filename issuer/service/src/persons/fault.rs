//! Why a registrar does not have their way with a person.

use szid_register::RequestFault;

use crate::devices::DeviceFault;
use crate::failure::Failure;

/// A fault of what a registrar does with a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PersonFault {
    /// There is no such person.
    Unknown,
    /// The account is revoked, for good.
    Revoked,
    /// The reason is not one short word.
    Reason,
    /// The method of identity proofing is not known.
    Method,
    /// The identity level is not one that the method can give.
    Level,
    /// The name changes under which others proved the level, and no level is proven with it.
    LevelNeeded,
    /// The name cannot be one.
    Name,
    /// One of the details cannot be right.
    Details,
    /// Nothing would change.
    NoChange,
    /// The request is not made, confirmed or refused.
    Request(RequestFault),
    /// The person's devices are not found.
    Device(DeviceFault),
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for PersonFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}

impl From<RequestFault> for PersonFault {
    fn from(fault: RequestFault) -> Self {
        Self::Request(fault)
    }
}

impl From<DeviceFault> for PersonFault {
    fn from(fault: DeviceFault) -> Self {
        Self::Device(fault)
    }
}
