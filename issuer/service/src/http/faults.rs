//! How the faults of what `http` calls are told.

use super::Problem;
use crate::access::AccessFault;
use crate::consents::ConsentFault;
use crate::numbers::NumberFault;

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

impl From<NumberFault> for Problem {
    fn from(fault: NumberFault) -> Self {
        match fault {
            NumberFault::CodeRefused => Self::NumberCode,
            NumberFault::NoneLeft => Self::Busy,
            NumberFault::TooManyWrong => Self::TooMany,
            NumberFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<ConsentFault> for Problem {
    fn from(fault: ConsentFault) -> Self {
        match fault {
            ConsentFault::Over => Self::ConsentOver,
            ConsentFault::CodeRefused => Self::ConsentCode,
            ConsentFault::Failed(failure) => failure.into(),
        }
    }
}
