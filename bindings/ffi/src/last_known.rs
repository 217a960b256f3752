//! What the service last said of the account, for when nobody can be asked.

use szid_wallet::Standing;

/// What the service last said of the account, and when.
#[derive(Clone, Debug, uniffi::Record)]
pub struct LastKnown {
    /// What it said.
    pub standing: AccountStanding,
    /// When, in the wallet's corrected time, Unix seconds.
    pub at: u64,
    /// The freeze that stopped this phone, as long as the account is frozen and where the service said which
    /// one: the holder goes to a counter with it. Nothing for a phone that its holder reported lost.
    pub freeze: Option<AccountFreeze>,
}

impl From<szid_wallet::LastKnown> for LastKnown {
    fn from(known: szid_wallet::LastKnown) -> Self {
        let freeze = known.freeze.map(AccountFreeze::from);
        Self { standing: known.standing.into(), at: known.at, freeze }
    }
}

/// A freeze that stopped this phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct AccountFreeze {
    /// When it was, Unix seconds.
    pub at: u64,
    /// Who made it.
    pub by: FrozenBy,
}

impl From<szid_wallet::Freeze> for AccountFreeze {
    fn from(freeze: szid_wallet::Freeze) -> Self {
        let by = match freeze.by {
            szid_wallet::FrozenBy::Registrar => FrozenBy::Registrar,
            szid_wallet::FrozenBy::Holder => FrozenBy::Holder,
            szid_wallet::FrozenBy::Service => FrozenBy::Service,
            _ => FrozenBy::Unknown,
        };
        Self { at: freeze.at, by }
    }
}

/// Who froze an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum FrozenBy {
    /// A registrar at a counter.
    Registrar,
    /// The holder, from a phone.
    Holder,
    /// The city's service by itself, after its data were put back from a copy.
    Service,
    /// What a newer version of the service or of this library says.
    Unknown,
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
