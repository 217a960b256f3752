//! Failures of the service itself, whatever was asked of it.

use szid_register::StoreError;
use szid_register::entropy::EntropyError;

/// A failure that the log has heard of, where somebody has to: it hears where the failure arises, so also
/// where nobody waits for an answer any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The register's refusal or failure.
    Store(StoreError),
    /// There is no randomness.
    Entropy,
    /// Something that must not happen.
    Internal,
}

impl Failure {
    /// Something that must not happen: told to the log, without anything of a person, since the caller cannot
    /// help it.
    pub(crate) fn internal(what: &'static str) -> Self {
        tracing::error!(code = "INTERNAL", what, "an internal fault");
        Self::Internal
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match &error {
            // Whoever asks is told, and can help it.
            StoreError::NotFound
            | StoreError::AccountState
            | StoreError::AccountFrozen
            | StoreError::DeviceNotKept
            | StoreError::Withdrawn
            | StoreError::NameTwice(_)
            | StoreError::Fictional
            | StoreError::LowWater
            | StoreError::Quota => {}
            StoreError::Damaged(what) => return Self::internal(what),
            StoreError::Disk(_) | StoreError::ReadOnly => {
                tracing::error!(code = error.code(), "the store takes no writes");
            }
            other => tracing::error!(code = other.code(), "the store failed"),
        }
        Self::Store(error)
    }
}

impl From<EntropyError> for Failure {
    fn from(_: EntropyError) -> Self {
        tracing::error!("no randomness");
        Self::Entropy
    }
}
