//! Why something could not be written. What cannot be read or verified has a [`Reason`](crate::reason::Reason) instead.

use crate::crypto::SignerError;

/// A pass, code or document could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A value is outside the bounds of the format.
    #[error("a value is empty or too large for the format")]
    TooLarge,
    /// The bytes given as a pass are none.
    #[error("the pass is malformed")]
    Pass,
    /// The signer's public key is no point on its curve.
    #[error("the signer's public key is invalid")]
    Key,
    /// The signer did not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

impl EncodeError {
    /// Every code, for the catalogue.
    pub const CODES: &'static [&'static str] =
        &["ENCODE_TOO_LARGE", "ENCODE_PASS", "ENCODE_KEY", "ENCODE_SIGNER"];

    /// The stable code, listed in `docs/errors.md`.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "ENCODE_TOO_LARGE",
            Self::Pass => "ENCODE_PASS",
            Self::Key => "ENCODE_KEY",
            Self::Signer(_) => "ENCODE_SIGNER",
        }
    }
}
