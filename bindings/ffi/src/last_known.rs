//! What the service last said of the account, for when nobody can be asked.

use szid_wallet::Standing;

/// What the service last said of the account, and when.
#[derive(Clone, Debug, uniffi::Record)]
pub struct LastKnown {
    /// What it said.
    pub standing: AccountStanding,
    /// When, in the wallet's corrected time, Unix seconds.
    pub at: u64,
}

impl From<szid_wallet::LastKnown> for LastKnown {
    fn from(known: szid_wallet::LastKnown) -> Self {
        Self { standing: known.standing.into(), at: known.at }
    }
}

/// How account and device stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum AccountStanding {
    /// Codes were accepted.
    Active,
    /// Codes were refused until the freeze is lifted.
    Frozen,
    /// The account was revoked.
    Revoked,
    /// The service took this device's tokens no more.
    DeviceEnded,
    /// What a newer version of this library has kept.
    Unknown,
}

impl From<Standing> for AccountStanding {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Active => Self::Active,
            Standing::Frozen => Self::Frozen,
            Standing::Revoked => Self::Revoked,
            Standing::DeviceEnded => Self::DeviceEnded,
            _ => Self::Unknown,
        }
    }
}
