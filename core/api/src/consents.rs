//! A scan that asks: the question to the citizen, and the answer.

use serde::{Deserialize, Serialize};

use crate::matter::Matter;

/// What a venue asks, to be shown to the citizen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ConsentView {
    pub id: String,
    /// The venue's id, which the approval names as its audience.
    pub venue: String,
    pub venue_name: String,
    /// The venue's site where the code was scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_name: Option<String>,
    pub scene: u16,
    pub scene_zh: String,
    pub scene_en: String,
    /// The names of the claims.
    pub claims: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter: Option<Matter>,
    /// The least authentication tier of an approval: 1 app open, 2 device credential, 3 biometric.
    pub tier: u8,
    /// How many days the venue may keep what it receives.
    pub retention_days: u32,
    /// Seconds that the venue waits in all.
    pub seconds: u32,
    /// Seconds until the question is over, rounded up: what a phone that hears of it late counts down from.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, value_type = u32))]
    pub seconds_left: Option<u32>,
}

impl ConsentView {
    /// Seconds to count down from: those that are left, and where the service does not say, all.
    #[must_use]
    pub fn seconds_to_answer(&self) -> u32 {
        self.seconds_left.unwrap_or(self.seconds)
    }
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ConsentList {
    pub consents: Vec<ConsentView>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ConsentAnswer {
    pub approve: bool,
    /// For an approval: a citizen code whose challenge is this question (audience: the venue's id, nonce: the
    /// bytes of the question's id), drawn with at least the tier that is asked for.
    pub code: Option<String>,
    /// With a refusal: the holder did not expect this, and reports it. The city's administrators are told,
    /// the venue is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub report: bool,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ConsentTaken {
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub approved: bool,
    /// Whether the refusal was kept as a report.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub reported: bool,
}
