//! Who used an identity.

use serde::{Deserialize, Serialize};

use crate::matter::Matter;

/// Who scanned the holder's code, where and when, and what they were given: names of claims, no values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct UseView {
    pub receipt: String,
    pub venue: String,
    /// The venue's name, as the holder was asked with it, or as it was at the scan.
    pub venue_name: String,
    /// Its name of today, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub venue_name_now: Option<String>,
    /// The venue's site where the code was scanned: its name then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_name: Option<String>,
    /// The site's name of today, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_name_now: Option<String>,
    pub scene: u16,
    pub scene_zh: String,
    pub scene_en: String,
    /// The verdict's reason.
    pub reason: String,
    /// The names of the claims that the venue received.
    pub claims: Vec<String>,
    #[cfg_attr(feature = "utoipa", schema(value_type = crate::words::Consent))]
    pub consent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter: Option<Matter>,
    /// Whether a device without connection decided.
    pub offline: bool,
    /// Whether this is a notice of a lawful check: made for a named case, without asking the holder.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub notice: bool,
    /// Whether the holder reported it.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub reported: bool,
    /// Unix seconds.
    pub at: u64,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Uses {
    /// The newest first, at most 100.
    pub uses: Vec<UseView>,
}
