//! Why something could not be written. What cannot be read or verified has a
//! [`Reason`](crate::reason::Reason) instead.

use crate::crypto::SignerError;
use crate::reason::Text;

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

    /// What happened and what to do, in both languages.
    pub const fn advice(self) -> Text {
        let (zh, en) = match self {
            Self::TooLarge => (
                "有内容为空，或超出格式允许的范围",
                "a value is empty or outside the format's bounds",
            ),
            Self::Pass => ("所给内容不是凭证", "the bytes given as a pass are none"),
            Self::Key => ("签名密钥不是曲线上的点", "the signing key is no point on its curve"),
            Self::Signer(_) => {
                ("签名密钥暂时无法使用，请重试", "the signing key cannot be used now")
            }
        };
        Text { zh, en }
    }

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
