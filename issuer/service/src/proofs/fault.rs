//! Why a proof is not begun or carried to its end.

use szid_register::RequestFault;

use crate::access::AccessFault;
use crate::failure::Failure;

/// A fault of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProofsFault {
    /// The city has no such connector.
    Connector,
    /// Too many tries; the seconds to wait.
    Spent(u64),
    /// There is no such proof, or its time is over.
    Over,
    /// As many proofs wait as may.
    Busy,
    /// The register does not take the evidence.
    Request(RequestFault),
    /// Whoever asks may not.
    Access(AccessFault),
    /// The service failed.
    Failed(Failure),
}

impl From<AccessFault> for ProofsFault {
    fn from(fault: AccessFault) -> Self {
        Self::Access(fault)
    }
}

impl From<RequestFault> for ProofsFault {
    fn from(fault: RequestFault) -> Self {
        Self::Request(fault)
    }
}

impl<T> From<T> for ProofsFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}
