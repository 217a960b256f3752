//! What a venue sends of a scan.

use serde::Deserialize;

#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct ScanRequest {
    /// What the scanner read, or the short number that was typed.
    pub(super) code: String,
    /// One of the venue's scenes; may be left out where it has one only.
    pub(super) scene: Option<u16>,
    /// Who scans, in the venue's own words; at most 64 bytes.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub(super) operator: String,
    /// The nonce of the challenge that the venue has shown, base64url.
    #[schema(pattern = "^[A-Za-z0-9_-]*$")]
    pub(super) nonce: Option<String>,
    /// Why, where the scene demands it; at most 64 bytes.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub(super) purpose: String,
    /// The case number, where the scene demands it; at most 64 bytes.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub(super) case: String,
    /// The claims that the venue wants, by name, where it wants fewer than its scene gives.
    pub(super) claims: Option<Vec<String>>,
}
