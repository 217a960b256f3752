//! What is said of signed documents. They themselves are no JSON.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct StatusLists {
    /// The URIs of the lists.
    pub status_lists: Vec<String>,
}
