//! The policy that comes with the software, for cities that have signed none of their own.

use szid_protocol::level_policy::LevelPolicy;

/// The policy of the software, as JSON.
pub const BUNDLED_POLICY: &str = include_str!("../../levels/policy.json");

/// The policy of [`BUNDLED_POLICY`]. A counter's word counts there as it always has: its level, for as long
/// as the evidence says.
///
/// # Errors
/// When the data file is not what it should be; a test keeps it so.
pub fn bundled_policy() -> Result<LevelPolicy, serde_json::Error> {
    serde_json::from_str(BUNDLED_POLICY)
}
