//! What gates upload of the verdicts that they gave by themselves.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Upload {
    /// Signed receipts as base64url, in the order of their numbers; at most 100.
    #[cfg_attr(feature = "utoipa", schema(max_items = 100))]
    pub receipts: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ReceiptStanding {
    /// The highest number of this device's receipts; 0 before the first of the registered key.
    pub last: u64,
    /// The SHA-256 of the receipt that was kept under it, base64url; left out where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The venue's id and the device's label of the credential that asks.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, value_type = String))]
    pub venue: Option<String>,
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, value_type = String))]
    pub device: Option<String>,
    /// The scenes that the venue is registered for, no more than this device's; receipts of others are set
    /// aside.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, value_type = Vec<u16>))]
    pub scenes: Option<Vec<u16>>,
    /// The key id of the registered key, base64url.
    pub key: String,
    /// Where the registered key has signed none yet: where the count of the keys before it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<CountStanding>,
    /// When two devices were last seen to use this one's numbers, Unix seconds; left out where that was not
    /// in the last ten minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict_at: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct CountStanding {
    /// The highest number; 0 where this is the device's first key.
    pub last: u64,
    /// As above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Uploaded {
    /// The highest number of this device's receipts.
    pub last: u64,
    /// The SHA-256 of the receipt that was kept under it, base64url; left out where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// How many receipts of this request are dealt with, from its start: these may be forgotten there.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, value_type = u64))]
    pub done: Option<u64>,
    /// How many were new.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub kept: u64,
    /// How many were there already.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub known: u64,
    /// How many of the new ones have numbers that were thought lost: another device goes on with the numbers
    /// of this one.
    #[serde(default, skip_serializing_if = "is_none")]
    pub late: u64,
    /// As above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict_at: Option<u64>,
    /// Those that were set aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<SetAsideView>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_none(number: &u64) -> bool {
    *number == 0
}

/// A receipt that was set aside.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct SetAsideView {
    /// Its place in the request, from 0.
    pub index: usize,
    /// Its number, where the device's key signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// Why: a stable code, listed in `docs/errors.md`.
    pub reason: Cow<'static, str>,
}
