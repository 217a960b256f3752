//! The holder's masked name on the holder's own phone, where the holder chose to see it. It is in no code and
//! in no log.

use std::sync::{MutexGuard, PoisonError};

use crate::account::Account;
use crate::error::WalletError;
use crate::records::{Batch, MASKED_NAME, STATE, load};
use crate::wallet::Wallet;

impl Wallet {
    /// Shows the holder's masked name from now on: asks the service for it and keeps it in the vault. Or lets
    /// go of it, for which nobody is asked. [`Wallet::account`] and [`Wallet::refresh`] renew one that is
    /// kept; another enrolment begins without.
    ///
    /// # Errors
    /// For `true` as [`Wallet::account`], and [`WalletError::Answer`] from a service of before, which tells
    /// no name. For `false` [`WalletError::Vault`].
    pub async fn show_name(&self, on: bool) -> Result<(), WalletError> {
        let choice = {
            let mut choices = self.name_choices();
            *choices += 1;
            if !on {
                let mut batch = Batch::default();
                batch.delete(STATE, MASKED_NAME);
                return batch.write(&self.vault);
            }
            *choices
        };
        let account = self.ask_account(true).await?;
        let name = account.masked_name.ok_or(WalletError::Answer("it tells no name"))?;
        let choices = self.name_choices();
        // The holder may have chosen otherwise while the service was asked, or another one was enrolled.
        if *choices == choice { self.put_name(&name) } else { Ok(()) }
    }

    pub(crate) fn masked_name(&self) -> Result<Option<String>, WalletError> {
        load(&self.vault, STATE, MASKED_NAME)
    }

    /// Keeps the name of a new answer where one is kept; an answer without leaves it as it is.
    pub(crate) fn renew_name(&self, account: &Account) -> Result<(), WalletError> {
        let Some(name) = &account.masked_name else { return Ok(()) };
        let _choices = self.name_choices();
        match self.masked_name()? {
            Some(kept) if kept != *name => self.put_name(name),
            _ => Ok(()),
        }
    }

    /// The name of before goes with an enrolment, together with other changes; an answer that is under way
    /// brings it back no more.
    pub(crate) fn forget_name(&self, batch: &mut Batch) {
        *self.name_choices() += 1;
        batch.delete(STATE, MASKED_NAME);
    }

    fn put_name(&self, name: &str) -> Result<(), WalletError> {
        let mut batch = Batch::default();
        batch.put(STATE, MASKED_NAME, &name)?;
        batch.write(&self.vault)
    }

    fn name_choices(&self) -> MutexGuard<'_, u64> {
        self.name_choices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
