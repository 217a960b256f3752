//! Why an answer to a question does not count.

use crate::failure::Failure;

/// A fault of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConsentFault {
    /// The question was answered, or has run out.
    Over,
    /// The approval's code does not verify for this question.
    CodeRefused,
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for ConsentFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}
