//! Why holders do not see what they ask for.

use crate::failure::Failure;

/// A fault of what a holder looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HolderFault {
    /// The register does not have the person.
    Unknown,
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for HolderFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}
