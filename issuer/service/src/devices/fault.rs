//! Why a device does not have its way.

use crate::failure::Failure;

/// A fault of a holder's device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DeviceFault {
    /// The device that asks would be ended itself, and nobody has said that this is meant.
    ThisDevice,
    /// No code of this very device answers what is asked, or a token alone does not do.
    CodeRefused,
    /// No earlier key of the device has vouched for the one that drew the code.
    Unproven,
    /// The register does not have the person.
    PersonUnknown,
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for DeviceFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}
