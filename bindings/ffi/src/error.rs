//! The one error that calls of the wallet end with.

use szid_protocol::reason::Reason;
use szid_wallet::WalletError as CoreError;

/// Why a call of the wallet failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum WalletError {
    /// The only case: `code` tells the kinds apart.
    #[error("{code}: {detail}")]
    Failed {
        /// The stable code, such as `WALLET_NETWORK`.
        code: String,
        /// What the holder does, in Chinese.
        zh: String,
        /// What the holder does, in English.
        en: String,
        /// What happened, for the log: without personal data.
        detail: String,
    },
}

impl WalletError {
    /// A root key of the configuration that is none: only another build of the app helps.
    pub(crate) fn bad_root() -> Self {
        let detail = "the configuration needs root keys, each a P-256 key in DER".to_owned();
        Self::with_detail(&CoreError::Untrusted(Reason::TrustMalformed), detail)
    }

    /// The system gives no threads for talking to the service.
    pub(crate) fn no_threads() -> Self {
        let detail = "the network threads cannot be started".to_owned();
        Self::with_detail(&CoreError::Network, detail)
    }

    /// A build for phones was given no HTTP client.
    #[cfg(not(feature = "reqwest"))]
    pub(crate) fn no_http() -> Self {
        let detail = "this build has no HTTP client of its own: the shell brings one".to_owned();
        Self::with_detail(&CoreError::Network, detail)
    }

    fn with_detail(error: &CoreError, detail: String) -> Self {
        let advice = error.advice();
        Self::Failed {
            code: error.code().to_owned(),
            zh: advice.zh.to_owned(),
            en: advice.en.to_owned(),
            detail,
        }
    }
}

impl From<CoreError> for WalletError {
    fn from(error: CoreError) -> Self {
        Self::with_detail(&error, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_both_languages_cross_the_border() {
        let WalletError::Failed { code, zh, en, detail } =
            CoreError::Refused("invalid_grant".into()).into();
        assert_eq!(code, "WALLET_REFUSED");
        assert!(!zh.is_ascii() && en.is_ascii());
        assert!(detail.contains("invalid_grant"));
    }
}
