//! Why a scan is not decided. A code that is refused is no fault: a verdict answers it.

use crate::access::{AccessFault, Wait};
use crate::failure::Failure;
use crate::numbers::NumberFault;

/// A fault of a scan, or of a batch of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScanFault {
    /// The device's codes come too fast.
    Wait(Wait),
    /// A batch has more scans than it may.
    BatchTooLarge,
    /// The scene is not named, and the venue has more than one.
    SceneMissing,
    /// The venue is not registered for the scene.
    SceneDenied,
    /// The scene demands operator, purpose and case number.
    MatterMissing,
    /// Operator, purpose or case number cannot be kept.
    MatterInvalid,
    /// The scene does not give one of the claims.
    ClaimDenied,
    /// The nonce cannot be read.
    NonceInvalid,
    /// The key of idempotency cannot be used.
    KeyInvalid,
    /// The key of idempotency stands for another request.
    KeyReused,
    /// The register does not have the person.
    PersonUnknown,
    /// More than may wait do, or the service stops.
    Busy,
    /// The short number is not looked up.
    Number(NumberFault),
    /// The device must not scan, or finds no place to wait.
    Access(AccessFault),
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for ScanFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}

impl From<Wait> for ScanFault {
    fn from(wait: Wait) -> Self {
        Self::Wait(wait)
    }
}

impl From<NumberFault> for ScanFault {
    fn from(fault: NumberFault) -> Self {
        Self::Number(fault)
    }
}

impl From<AccessFault> for ScanFault {
    fn from(fault: AccessFault) -> Self {
        Self::Access(fault)
    }
}
