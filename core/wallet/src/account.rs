//! What the service says about the holder's account.

use serde::Deserialize;

use crate::client::{Endpoints, ServiceClient};
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
        self.with_access(async |client, at, token| client.account(at, token).await).await
    }

    /// Asks the service as the holder, with a new token where it does not take the one at hand. No other flow is held up
    /// while the service answers.
    pub(crate) async fn with_access<T>(
        &self,
        ask: impl AsyncFn(&ServiceClient, &Endpoints, &str) -> Result<T, WalletError>,
    ) -> Result<T, WalletError> {
        let (at, access) = {
            let _flow = self.flow.lock().await;
            let enrolled = self.enrolled()?.ok_or(WalletError::NotEnrolled)?;
            let at = self.client.endpoints(&enrolled.issuer).await?;
            let access = self.access(&at).await?;
            (at, access)
        };
        match ask(&self.client, &at, &access.token).await {
            Err(WalletError::Refused(word)) if word == "CREDENTIAL_MISSING" => {
                let access = {
                    let _flow = self.flow.lock().await;
                    self.new_access(&at).await?
                };
                ask(&self.client, &at, &access.token).await
            }
            outcome => outcome,
        }
    }
}
