//! What a venue's verifier ends with.

use szid_protocol::reason::Reason;
use szid_verifier::VerifierError as CoreVerifierError;

use super::Advice;

/// A fault around verification: documents, files, configuration. What is wrong with a code is a verdict's reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[error("{advice}")]
pub enum VerifierError {
    /// A signed document is refused, for the reason that `advice` names; what was held before stays in force.
    DocumentRefused {
        /// Code and texts.
        advice: Advice,
    },
    /// A document lies ahead of this clock. It is taken once the service has said for long enough that it is that late.
    DocumentAhead {
        /// Code and texts.
        advice: Advice,
    },
    /// More status lists count than a verifier holds.
    TooManyLists {
        /// Code and texts.
        advice: Advice,
    },
    /// Another process, or another verifier, uses the folder.
    InUse {
        /// Code and texts.
        advice: Advice,
    },
    /// The folder cannot be read or written.
    Storage {
        /// Code and texts.
        advice: Advice,
    },
    /// What the folder keeps is damaged, or not a verifier's: move it away, as the texts say.
    Damaged {
        /// Code and texts.
        advice: Advice,
    },
    /// A root key or a nonce is not what it has to be: only a change of the caller helps.
    BadArgument {
        /// Code and texts.
        advice: Advice,
    },
}

#[uniffi::export]
impl VerifierError {
    /// Code and texts, whatever the case.
    pub fn advice(&self) -> Advice {
        match self {
            Self::DocumentRefused { advice }
            | Self::DocumentAhead { advice }
            | Self::TooManyLists { advice }
            | Self::InUse { advice }
            | Self::Storage { advice }
            | Self::Damaged { advice }
            | Self::BadArgument { advice } => advice.clone(),
        }
    }
}

impl VerifierError {
    pub(crate) fn bad_argument(reason: Reason, detail: &str) -> Self {
        Self::BadArgument { advice: Advice::new(reason.code(), reason.text(), detail.to_owned()) }
    }
}

impl From<CoreVerifierError> for VerifierError {
    fn from(error: CoreVerifierError) -> Self {
        let detail = error.to_string();
        if let CoreVerifierError::Document(reason) = error {
            return Self::DocumentRefused {
                advice: Advice::new(reason.code(), reason.text(), detail),
            };
        }
        let advice = Advice::new(error.code(), error.advice(), detail);
        match error {
            CoreVerifierError::Ahead(_) => Self::DocumentAhead { advice },
            CoreVerifierError::StatusCacheFull => Self::TooManyLists { advice },
            CoreVerifierError::ReplayInUse => Self::InUse { advice },
            CoreVerifierError::CacheDamaged(_)
            | CoreVerifierError::ReplayForeign(_)
            | CoreVerifierError::ReplayDamaged(_) => Self::Damaged { advice },
            // Reading and writing, and whatever comes.
            _ => Self::Storage { advice },
        }
    }
}
