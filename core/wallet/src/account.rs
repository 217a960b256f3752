//! What the service says about the holder's account.

use serde::Deserialize;

use crate::error::WalletError;
use crate::wallet::Wallet;

/// The holder's account at the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Account {
    /// Whether codes are accepted now.
    #[serde(rename = "account")]
    pub state: AccountState,
    /// How identity was proven, 1 to 4.
    pub identity_level: u8,
}

/// The state of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AccountState {
    /// Codes are accepted.
    Active,
    /// Codes are refused until the freeze is lifted.
    Frozen,
    /// Codes of this enrolment are refused for good.
    Revoked,
}

impl Wallet {
    /// Asks the service for the account's state.
    ///
    /// # Errors
    /// [`WalletError::NotEnrolled`], or what went wrong with the service.
    pub async fn account(&self) -> Result<Account, WalletError> {
        let _flow = self.flow.lock().await;
        let enrolled = self.enrolled()?.ok_or(WalletError::NotEnrolled)?;
        let at = self.client.endpoints(&enrolled.issuer).await?;
        let access = self.access(&at).await?;
        match self.client.account(&at, &access.token).await {
            Err(WalletError::Refused(word)) if word == "CREDENTIAL_MISSING" => {
                let access = self.new_access(&at).await?;
                self.client.account(&at, &access.token).await
            }
            outcome => outcome,
        }
    }
}
