//! What every case of every error carries.

use std::fmt;

use szid_protocol::reason::{Reason, Text};

use super::CoreError;

/// What happened, as a stable code, and what the holder does about it, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Advice {
    /// The stable code, such as `WALLET_NETWORK`: `docs/errors.md` lists all.
    pub code: String,
    /// What the holder does, in Chinese.
    pub zh: String,
    /// What the holder does, in English.
    pub en: String,
    /// What happened, for the log: without personal data.
    pub detail: String,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl Advice {
    pub(crate) fn of(error: &CoreError) -> Self {
        match error {
            // The vault's own codes say more, and so do their texts: what to do about a full disk.
            CoreError::Vault(error) => {
                let (zh, en) = error.advice();
                Self::new(error.code(), Text { zh, en }, error.to_string())
            }
            error => Self::new(error.code(), error.advice(), error.to_string()),
        }
    }

    pub(crate) fn of_unlocking(error: &szid_wallet::UnlockError) -> Self {
        match error {
            szid_wallet::UnlockError::Wallet(error) => Self::of(error),
            error => Self::new(error.code(), error.advice(), error.to_string()),
        }
    }

    /// A configuration that no wallet can be opened with: only another build of the app helps.
    pub(crate) fn of_configuration(detail: &str) -> Self {
        let error = CoreError::Untrusted(Reason::TrustMalformed);
        Self { detail: detail.to_owned(), ..Self::of(&error) }
    }

    pub(super) fn new(code: &str, Text { zh, en }: Text, detail: String) -> Self {
        Self { code: code.to_owned(), zh: zh.to_owned(), en: en.to_owned(), detail }
    }
}

#[cfg(test)]
mod tests {
    use szid_wallet::VaultError;

    use super::*;

    #[test]
    fn code_and_both_languages_cross_the_border() {
        let Advice { code, zh, en, detail } =
            Advice::of(&CoreError::Refused("invalid_grant".into()));
        assert_eq!(code, "WALLET_REFUSED");
        assert!(!zh.is_ascii() && en.is_ascii());
        assert!(detail.contains("invalid_grant"));
    }

    #[test]
    fn a_full_disk_says_so() {
        let Advice { code, en, .. } = Advice::of(&CoreError::Vault(VaultError::DiskFull));
        assert_eq!(code, "VAULT_DISK_FULL");
        assert!(en.contains("space"));
    }
}
