//! How the faults of what `http` calls are told.

use super::Problem;
use crate::access::AccessFault;

impl From<AccessFault> for Problem {
    fn from(fault: AccessFault) -> Self {
        match fault {
            AccessFault::CredentialMissing => Self::CredentialMissing,
            AccessFault::CredentialWithdrawn => Self::CredentialRevoked,
            AccessFault::RoleDenied => Self::RoleDenied,
            AccessFault::VenueSuspended => Self::VenueSuspended,
            AccessFault::AccountFrozen => Self::AccountFrozen,
            AccessFault::AccountRevoked => Self::AccountState,
            AccessFault::NoPlace => Self::Busy,
            AccessFault::Failed(failure) => failure.into(),
        }
    }
}
