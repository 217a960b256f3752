//! What the service says about the holder's account.

use std::sync::Arc;

pub use szid_api::account::{
    Account as AccountState, HolderAccount as Account, LevelStep, LevelUp,
};
use zeroize::Zeroizing;

use crate::client::Endpoints;
use crate::error::WalletError;
use crate::records::{Access, SEEN_EVENT, STATE, load};
use crate::wallet::Wallet;

/// What the service is asked with as the holder: where it is, and a token that it takes.
#[derive(Clone)]
pub(crate) struct AsHolder {
    pub(crate) at: Arc<Endpoints>,
    pub(crate) token: Zeroizing<String>,
}

impl Wallet {
    /// Asks the service for the account's state.
    ///
    /// # Errors
    /// [`WalletError::NotEnrolled`], or what went wrong with the service.
    pub async fn account(&self) -> Result<Account, WalletError> {
        self.ask_account(self.masked_name()?.is_some()).await
    }

    pub(crate) async fn ask_account(&self, with_name: bool) -> Result<Account, WalletError> {
        let seen: Option<String> = load(&self.vault, STATE, SEEN_EVENT)?;
        let seen = seen.as_deref();
        let asked = self.with_access(|by| async move {
            self.client.account(&by.at, &by.token, seen, None, with_name).await
        });
        let account = asked.await?;
        self.keep_account(&account)?;
        Ok(account)
    }

    /// As above within a flow, with its token; `passes` are those that are held.
    pub(crate) async fn account_in_flow(
        &self,
        at: &Endpoints,
        access: &mut Access,
        passes: &str,
    ) -> Result<Account, WalletError> {
        let passes = Some(passes);
        let with_name = self.masked_name()?.is_some();
        match self.client.account(at, &access.token, None, passes, with_name).await {
            Err(WalletError::Refused(word)) if word == "CREDENTIAL_MISSING" => {
                *access = self.new_access(at).await?;
                self.client.account(at, &access.token, None, passes, with_name).await
            }
            outcome => outcome,
        }
    }

    /// Asks the service as the holder, with a new token where it does not take the one at hand. No other flow
    /// is held up while the service answers.
    pub(crate) async fn with_access<T, F>(
        &self,
        ask: impl Fn(AsHolder) -> F,
    ) -> Result<T, WalletError>
    where
        F: Future<Output = Result<T, WalletError>>,
    {
        let enrolled = self.enrolled()?.ok_or(WalletError::NotEnrolled)?;
        let asked = self.ask_with_access(ask).await;
        self.told_by(Some(&enrolled.issuer), asked).await
    }

    async fn ask_with_access<T, F>(&self, ask: impl Fn(AsHolder) -> F) -> Result<T, WalletError>
    where
        F: Future<Output = Result<T, WalletError>>,
    {
        let (at, access) = {
            let _flow = self.flow.lock().await;
            let enrolled = self.enrolled()?.ok_or(WalletError::NotEnrolled)?;
            let issuer = self.listed_issuer(&enrolled.issuer).await?;
            let at = self.endpoints(&issuer).await?;
            match self.access(&at).await {
                // The addresses that are kept may have moved since they were read.
                Err(WalletError::Answer(_) | WalletError::NotTheService) => {
                    let at = self.read_endpoints(&issuer).await?;
                    let access = self.access(&at).await?;
                    (at, access)
                }
                access => (at, access?),
            }
        };
        let by = AsHolder { at: Arc::new(at), token: Zeroizing::new(access.token.clone()) };
        match ask(by.clone()).await {
            Err(WalletError::Refused(word)) if word == "CREDENTIAL_MISSING" => {
                let access = {
                    let _flow = self.flow.lock().await;
                    self.access_after(&by.at, &by.token).await?
                };
                ask(AsHolder { token: Zeroizing::new(access.token.clone()), ..by }).await
            }
            outcome => outcome,
        }
    }
}
