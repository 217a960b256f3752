//! A person's devices.

use serde::{Deserialize, Serialize};

use crate::account::Account;

/// A device of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct DeviceOfHolder {
    /// Its opaque name.
    pub id: String,
    /// What its holder calls it.
    pub name: String,
    /// When it took its offer up, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<u64>,
    /// The city's day on which it last got tokens, by its first second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<u64>,
    /// Whether this request came from it.
    pub this_device: bool,
    /// Whether a registrar's freeze stopped it: it ends with the lifting, where that does not name it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
}

/// A device that was ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct EndedDevice {
    #[serde(flatten)]
    pub device: DeviceOfHolder,
    /// Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<u64>,
    /// `holder`, `frozen`, `revoked`, `replaced`, `copied` (an old token of it came back: its passes are
    /// suspended until it is ended for good), or `unknown`.
    pub why: String,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct DevicesOfHolder {
    /// For a counter: how the account stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// The oldest first; at most 5.
    pub devices: Vec<DeviceOfHolder>,
    /// Those that were ended within some three months, the last one first; at most 20.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub ended: Vec<EndedDevice>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct DeviceEnding {
    /// A citizen code of the device that asks whose challenge is the device that is to be ended (audience
    /// `szid:devices`, nonce: the bytes of its id), drawn with at least tier 2.
    pub code: String,
    /// Says that the device that asks is to be ended itself.
    #[serde(default)]
    pub this_device: bool,
}
