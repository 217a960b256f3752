//! A holder's own account.

use serde::{Deserialize, Serialize};

use crate::devices::DeviceOfHolder;

/// The state of a person's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Account {
    /// Passes are issued and good.
    Active,
    /// Suspended for now: passes are not issued, those out there are frozen.
    Frozen,
    /// Final for all passes and tokens issued so far.
    Revoked,
}

/// What somebody can do for an identity level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct LevelUp {
    /// The level, 1 to 4.
    pub level: u8,
    /// All of these, in any order.
    pub steps: Vec<LevelStep>,
}

/// A way of proving one's identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct LevelStep {
    /// Who proves it, such as `registrar`.
    pub connector: String,
    /// How, such as `counter`.
    pub method: String,
    /// The name of the way in Chinese.
    pub name_zh: String,
    /// The name in English.
    pub name_en: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct HolderAccount {
    #[serde(rename = "account")]
    pub state: Account,
    /// How identity was proven, 1 to 4; 0 where none of the evidence counts any more.
    pub identity_level: u8,
    /// When the level is lower next, where nothing else changes, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level_falls_at: Option<u64>,
    /// The shortest way to a higher level, of those that the service offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level_up: Option<LevelUp>,
    /// How to keep the level, or the most of it, where it falls within thirty days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level_renewal: Option<LevelUp>,
    /// The holder's name with all but the surname masked, where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masked_name: Option<String>,
    /// The device that asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceOfHolder>,
    /// How many devices there are.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub devices: usize,
    /// Events that are newer than `seen`, or all without it; 100 are counted.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub unseen_events: usize,
    /// Whether passes of this device were revoked that none has replaced, or are not in the register as it
    /// is: the device asks for a new strip.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub lacks_passes: bool,
    /// Unix seconds.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub server_time: u64,
}
