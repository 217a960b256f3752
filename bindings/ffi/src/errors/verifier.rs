//! What a venue's verifier ends with.

use szid_protocol::reason::Reason;
use szid_verifier::VerifierError as CoreVerifierError;

use super::Advice;

flow_error! {
    /// A fault around verification: documents, files, configuration. What is wrong with a code is a verdict's
    /// reason.
    pub enum VerifierError {
        /// A signed document is refused, for the reason that `advice` names; what was held before stays in
        /// force.
        DocumentRefused,
        /// A document lies ahead of this clock. It is taken once the service has said for long enough that it
        /// is that late.
        DocumentAhead,
        /// More status lists count than a verifier holds.
        TooManyLists,
        /// Another process, or another verifier, uses the folder.
        InUse,
        /// The folder cannot be read or written.
        Storage,
        /// What the folder keeps is damaged, or not a verifier's: move it away, as the texts say.
        Damaged,
        /// A root key or a nonce is not what it has to be: only a change of the caller helps.
        BadArgument,
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
