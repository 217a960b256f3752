//! Codes of venues, and the visits that citizens confirm by themselves.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use szid_protocol::reason::Text;

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct VenueQuestion {
    /// What the phone read at the venue.
    pub venue_code: String,
}

/// Who asks, and what for: to be shown to the citizen before they confirm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct VenueView {
    /// The venue's id, the audience of the confirmation.
    pub venue: String,
    pub venue_name: String,
    /// Where the desk stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_name: Option<String>,
    /// The desk whose screen shows the verdict.
    pub device: String,
    pub scene: u16,
    pub scene_zh: String,
    pub scene_en: String,
    /// The names of the claims that the venue receives of this holder.
    pub claims: Vec<String>,
    /// The least authentication tier of the confirmation: 1 app open, 2 device credential, 3 biometric.
    pub tier: u8,
    /// How many days the venue may keep what it receives.
    pub retention_days: u32,
    /// What the confirming code answers, base64url; good for two minutes at least.
    pub nonce: String,
    /// Whether somebody looks at the desk's screen now.
    pub followed: bool,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct VisitRequest {
    /// What the phone read at the venue.
    pub venue_code: String,
    /// A citizen code that answers the nonce (audience: the venue's id), drawn with at least the tier that is
    /// asked for.
    pub code: String,
}

/// What the citizen sees; the same receipt is the desk's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct VisitTold {
    /// `accept` or `refuse`.
    pub decision: String,
    /// The stable code of the reason.
    pub reason: String,
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub text: Words,
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub citizen: Words,
    pub receipt: String,
    /// Unix seconds.
    pub at: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Words {
    pub zh: Cow<'static, str>,
    pub en: Cow<'static, str>,
}

impl From<Text> for Words {
    fn from(Text { zh, en }: Text) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}
