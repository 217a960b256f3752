//! The wallet itself: what it is opened with, what it knows, and its end.

use std::path::PathBuf;
use std::sync::Arc;

use szid_protocol::day::end_of_day;
use szid_protocol::key::PublicKey;
use szid_vault::{Entropy, SealingKey, Vault};

use crate::client::ServiceClient;
use crate::error::WalletError;
use crate::ports::{Clock, DeviceKeys};
use crate::records::{Anchor, Enrolled, PASSES, STATE, StoredPass, day_name, load};
use crate::time::corrected;

/// What differs from deployment to deployment.
#[derive(Clone, Debug)]
pub struct WalletConfig {
    /// The vault's folder.
    pub path: PathBuf,
    /// The city's root keys.
    pub roots: Vec<PublicKey>,
    /// Days that the strip reaches ahead, today not counted; at most 14.
    pub days_ahead: u64,
}

/// What the device gives.
pub struct WalletParts {
    /// The key store.
    pub keys: Arc<dyn DeviceKeys>,
    /// The key that wraps the vault's.
    pub sealing: Arc<dyn SealingKey>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// A holder's wallet. Calls may come from several threads.
pub struct Wallet {
    pub(crate) vault: Vault,
    pub(crate) keys: Arc<dyn DeviceKeys>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) client: ServiceClient,
    pub(crate) roots: Vec<PublicKey>,
    pub(crate) days_ahead: u64,
    entropy: Arc<dyn Entropy>,
}

/// What the wallet can say without network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// True once an offer was taken up.
    pub enrolled: bool,
    /// Passes for today and later days.
    pub passes_left: usize,
    /// The ends of the days that have a pass, in order.
    pub days: Vec<u64>,
    /// The corrected time.
    pub now: u64,
    /// Corrected time minus wall clock, seconds.
    pub clock_offset: i64,
}

impl Wallet {
    /// Opens a wallet, or makes an empty one.
    ///
    /// # Errors
    /// [`WalletError::Vault`].
    pub fn open(config: WalletConfig, parts: WalletParts) -> Result<Self, WalletError> {
        let (vault, _) = Vault::open(&config.path, parts.sealing, Arc::clone(&parts.entropy))?;
        Ok(Self {
            vault,
            keys: parts.keys,
            clock: parts.clock,
            client: ServiceClient::new()?,
            roots: config.roots,
            days_ahead: config.days_ahead.min(14),
            entropy: parts.entropy,
        })
    }

    /// The corrected time, Unix seconds.
    ///
    /// # Errors
    /// [`WalletError::Vault`].
    pub fn now(&self) -> Result<u64, WalletError> {
        let anchor: Option<Anchor> = load(&self.vault, STATE, "anchor")?;
        Ok(corrected(anchor.as_ref(), self.clock.read()))
    }

    /// How many passes are there for today and later days.
    ///
    /// # Errors
    /// [`WalletError::Vault`].
    pub fn passes_left(&self) -> Result<usize, WalletError> {
        Ok(self.status()?.passes_left)
    }

    /// What the wallet knows by itself.
    ///
    /// # Errors
    /// [`WalletError::Vault`].
    pub fn status(&self) -> Result<Status, WalletError> {
        let now = self.now()?;
        let today = day_name(end_of_day(now));
        let mut days: Vec<u64> = self
            .vault
            .list(PASSES)?
            .into_iter()
            .filter(|day| *day >= today)
            .filter_map(|day| day.parse().ok())
            .collect();
        days.sort_unstable();
        let enrolled = load::<Enrolled>(&self.vault, STATE, "enrolled")?.is_some();
        let offset = i128::from(now) - i128::from(self.clock.read().wall);
        let clock_offset = i64::try_from(offset).unwrap_or(i64::MAX);
        Ok(Status { enrolled, passes_left: days.len(), days, now, clock_offset })
    }

    /// Asks the service for the account's state: `active`, `frozen` or `revoked`. Uses up a refresh token for an access token.
    ///
    /// # Errors
    /// [`WalletError::NotEnrolled`], or what went wrong with the service.
    pub async fn account(&self) -> Result<String, WalletError> {
        let enrolled: Enrolled =
            load(&self.vault, STATE, "enrolled")?.ok_or(WalletError::NotEnrolled)?;
        let at = self.client.endpoints(&enrolled.issuer).await?;
        let tokens = self.client.refresh(&at, &enrolled.refresh_token).await?;
        self.keep_tokens(&at, &tokens)?;
        self.client.account(&at.issuer, &tokens.access_token).await
    }

    /// Forgets everything, for good: the vault's key first, then device keys, then files.
    ///
    /// # Errors
    /// [`WalletError::Vault`]; call again then.
    pub fn wipe(&self) -> Result<(), WalletError> {
        let mut handles = Vec::new();
        for day in self.vault.list(PASSES)? {
            if let Some(stored) = load::<StoredPass>(&self.vault, PASSES, &day)? {
                handles.push(stored.handle);
            }
        }
        self.vault.wipe()?;
        for handle in handles {
            self.keys.delete(&handle)?;
        }
        Ok(())
    }

    /// Lets go of passes of past days, and of their keys.
    pub(crate) fn drop_past_passes(&self) -> Result<(), WalletError> {
        let today = day_name(end_of_day(self.now()?));
        for day in self.vault.list(PASSES)?.into_iter().filter(|day| *day < today) {
            if let Some(stored) = load::<StoredPass>(&self.vault, PASSES, &day)? {
                self.keys.delete(&stored.handle)?;
            }
            self.vault.delete(PASSES, &day)?;
        }
        Ok(())
    }

    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], WalletError> {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes).map_err(|_| WalletError::Answer("there is no randomness"))?;
        Ok(bytes)
    }
}
