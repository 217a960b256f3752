//! What a scan is for.

use serde::{Deserialize, Serialize};

/// What a scan is for, where the scene demands it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Matter {
    /// Who scans.
    pub operator: String,
    /// Why.
    pub purpose: String,
    /// The case number.
    pub case: String,
}
