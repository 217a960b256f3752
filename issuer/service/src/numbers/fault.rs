//! Why a short number is not given out, or not looked up.

use crate::failure::Failure;

/// A fault of a short number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NumberFault {
    /// The code does not verify as this holder's.
    CodeRefused,
    /// No number can be given out now.
    NoneLeft,
    /// Too many that were typed here were wrong.
    TooManyWrong,
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for NumberFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}
