//! Why receipts are not kept, or one is not signed. A receipt that cannot count is no fault: it is set aside.

use crate::access::Wait;
use crate::failure::Failure;

/// A fault of receipts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReceiptFault {
    /// The device's receipts come too fast.
    Wait(Wait),
    /// An upload has more receipts than it may.
    TooMany,
    /// No key for receipts is registered for the device, which is named.
    NoKey(String),
    /// The device was given another key while its receipts were judged.
    KeyReplaced,
    /// There is no trust list to judge by, or the judging was cut off.
    Unjudged,
    /// A receipt does not fit the service's own clock, which is in doubt.
    ClockUnchecked,
    /// There is no such scan of this venue, or of this person.
    NoScan,
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for ReceiptFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}

impl From<Wait> for ReceiptFault {
    fn from(wait: Wait) -> Self {
        Self::Wait(wait)
    }
}
