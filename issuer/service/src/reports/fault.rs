//! Why a report is not kept.

use crate::access::Wait;
use crate::failure::Failure;

/// A fault of a report of a use. A report of a loss is always heard: only the service itself may fail it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReportFault {
    /// The device's reports come too fast.
    Wait(Wait),
    /// The person has reported as many uses as one may within a day.
    Spent,
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for ReportFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}

impl From<Wait> for ReportFault {
    fn from(wait: Wait) -> Self {
        Self::Wait(wait)
    }
}
