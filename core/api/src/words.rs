//! The words of today, for the description alone: whoever reads them takes any.

use utoipa::ToSchema;

/// What became of the question to the citizen.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Consent {
    /// The scene does not ask.
    NotAsked,
    /// The citizen approved on the phone.
    Approved,
    /// The citizen refused.
    Denied,
    /// The citizen did not answer in time.
    Expired,
}

/// What a new device means for the older ones.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum DeviceRule {
    /// It ends them with its first passes, so that nobody is left without any by an answer that is lost.
    Replaces,
    /// It comes in addition.
    Adds,
}
