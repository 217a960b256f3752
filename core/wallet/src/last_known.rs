//! What the service last said of the account, kept for when nobody can be asked.

use serde::{Deserialize, Serialize};
use szid_api::limits::LEVEL_TOLD_BEFORE;
use szid_api::problem::FreezeTold;

use crate::account::{Account, AccountState};
use crate::error::WalletError;
use crate::records::{Batch, LAST_KNOWN, LEVEL, STATE, THIS_DEVICE, load};
use crate::wallet::Wallet;

/// The same answer is kept anew after so many seconds: apps ask often.
const KEPT_ANEW_AFTER: u64 = 60;

/// What the service last said of the account, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LastKnown {
    /// What it said.
    pub standing: Standing,
    /// When, in the wallet's corrected time, Unix seconds.
    pub at: u64,
    /// The freeze that stopped this device, where the service said which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze: Option<Freeze>,
}

/// A freeze that stopped a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Freeze {
    /// When it was, Unix seconds.
    pub at: u64,
    /// Who made it.
    pub by: FrozenBy,
}

impl Freeze {
    /// As the service tells it.
    pub(crate) fn of(FreezeTold { at, by }: FreezeTold) -> Self {
        let by = match &*by {
            "registrar" => FrozenBy::Registrar,
            "holder" => FrozenBy::Holder,
            "service" => FrozenBy::Service,
            _ => FrozenBy::Unknown,
        };
        Self { at, by }
    }
}

/// Who froze an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FrozenBy {
    /// A registrar at a counter.
    Registrar,
    /// The holder, from a phone.
    Holder,
    /// The city's service by itself, after its data were put back from a copy.
    Service,
    /// What a newer version of the service or of this software has written.
    #[serde(other)]
    Unknown,
}

/// How account and device stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Standing {
    /// Codes were accepted.
    Active,
    /// Codes were refused until the freeze is lifted.
    Frozen,
    /// The account was revoked.
    Revoked,
    /// The service took this device's tokens no more.
    DeviceEnded,
    /// What a newer version of this software has written.
    #[serde(other)]
    Unknown,
}

/// The identity level, as the service last told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownLevel {
    pub(crate) level: u8,
    /// When it is lower next, Unix seconds.
    pub(crate) falls_at: Option<u64>,
}

impl KnownLevel {
    /// Whether it is time to prove identity again: it falls soon, has fallen since, or nothing counts.
    pub(crate) fn is_proof_due(&self, now: u64) -> bool {
        let soon = now.saturating_add(LEVEL_TOLD_BEFORE);
        self.level == 0 || self.falls_at.is_some_and(|falls_at| falls_at <= soon)
    }
}

impl From<AccountState> for Standing {
    fn from(state: AccountState) -> Self {
        match state {
            AccountState::Active => Self::Active,
            AccountState::Frozen => Self::Frozen,
            AccountState::Revoked => Self::Revoked,
        }
    }
}

impl Wallet {
    pub(crate) fn last_known(&self) -> Result<Option<LastKnown>, WalletError> {
        load(&self.vault, STATE, LAST_KNOWN)
    }

    /// What the service calls this device; `None` where it was not asked yet.
    pub(crate) fn this_device(&self) -> Result<Option<String>, WalletError> {
        load(&self.vault, STATE, THIS_DEVICE)
    }

    /// Keeps how the account stands, and which of its devices this is. An answer for another device is a
    /// proxy's mistake: nothing of it is kept.
    pub(crate) fn keep_account(&self, account: &Account) -> Result<(), WalletError> {
        match (&account.device, self.this_device()?) {
            (Some(theirs), Some(own)) if theirs.id != own => {
                return Err(WalletError::NotTheService);
            }
            (Some(device), None) => {
                let mut batch = Batch::default();
                batch.put(STATE, THIS_DEVICE, &device.id)?;
                batch.write(&self.vault)?;
            }
            _ => {}
        }
        self.renew_name(account)?;
        self.keep_level(account)?;
        // A device that is answered is not stopped.
        self.keep(account.state.into(), None)
    }

    pub(crate) fn known_level(&self) -> Result<Option<KnownLevel>, WalletError> {
        load(&self.vault, STATE, LEVEL)
    }

    fn keep_level(&self, account: &Account) -> Result<(), WalletError> {
        let level = KnownLevel { level: account.identity_level, falls_at: account.level_falls_at };
        if self.known_level()? == Some(level) {
            return Ok(());
        }
        let mut batch = Batch::default();
        batch.put(STATE, LEVEL, &level)?;
        batch.write(&self.vault)
    }

    /// What is known of a freeze stays known while it lasts.
    pub(crate) fn keep_known(&self, standing: Standing) -> Result<(), WalletError> {
        let before = self.last_known()?.filter(|_| standing == Standing::Frozen);
        self.keep(standing, before.and_then(|known| known.freeze))
    }

    /// Keeps that the account is frozen, and what the service said of the freeze just now.
    pub(crate) fn keep_freeze(&self, freeze: Option<Freeze>) -> Result<(), WalletError> {
        self.keep(Standing::Frozen, freeze)
    }

    fn keep(&self, standing: Standing, freeze: Option<Freeze>) -> Result<(), WalletError> {
        let at = self.now()?;
        let is_kept = |known: LastKnown| {
            (known.standing, known.freeze) == (standing, freeze)
                && known.at.abs_diff(at) < KEPT_ANEW_AFTER
        };
        if self.last_known()?.is_some_and(is_kept) {
            return Ok(());
        }
        let mut batch = Batch::default();
        batch.put(STATE, LAST_KNOWN, &LastKnown { standing, at, freeze })?;
        batch.write(&self.vault)
    }
}
