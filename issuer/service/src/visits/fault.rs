//! Why a venue code is not made or read, or a visit not confirmed.

use crate::access::{AccessFault, Wait};
use crate::failure::Failure;
use crate::scans::ScanFault;

/// A fault of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VisitFault {
    /// Codes of this device or this holder come too fast.
    Wait(Wait),
    /// A printed code is asked for more days than one may have, or for none.
    DaysInvalid,
    /// There is no trust list to make a code by.
    NoTrustList,
    /// The venue code is not this city's, or has run out.
    VenueCode,
    /// The scene demands what a clerk alone can say.
    ClerkNeeded,
    /// Nobody looks at the desk's screen.
    Away,
    /// The confirmation's code does not verify for this venue code.
    CodeRefused,
    /// The scan that it is judged as is not decided.
    Scan(ScanFault),
    /// The desk must not scan, or finds no place to wait.
    Access(AccessFault),
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for VisitFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}

impl From<Wait> for VisitFault {
    fn from(wait: Wait) -> Self {
        Self::Wait(wait)
    }
}

impl From<ScanFault> for VisitFault {
    fn from(fault: ScanFault) -> Self {
        Self::Scan(fault)
    }
}

impl From<AccessFault> for VisitFault {
    fn from(fault: AccessFault) -> Self {
        Self::Access(fault)
    }
}
