//! What happened to an account.

use serde::{Deserialize, Serialize};

/// Something that happened to the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct EventView {
    /// Names the event.
    pub id: String,
    /// What happened, as a stable word.
    pub event: String,
    /// The same in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// The name of the device that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// `holder`, `registrar` or `service`.
    pub by: String,
    /// Unix seconds; of several, the last.
    pub at: u64,
    /// How often on that day, where it was more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Events {
    /// The newest first, at most 100, of which a quarter may be steps of requests.
    pub events: Vec<EventView>,
}
