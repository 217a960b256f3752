//! Refusals: problem details (RFC 9457), and the errors of OAuth 2 (RFC 6749, section 5.2).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The media type of problem details.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// What the types of the service's problems begin with; the code in lower case ends them.
pub const TYPE_PREFIX: &str = "urn:szid:problem:";

/// The type of the problem with this code.
pub fn problem_type(code: &str) -> String {
    format!("{TYPE_PREFIX}{}", code.to_ascii_lowercase())
}

/// The body of a problem.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ProblemBody {
    /// `urn:szid:problem:` and the code in lower case.
    #[serde(default)]
    #[cfg_attr(
        feature = "utoipa",
        schema(required = true, pattern = "^urn:szid:problem:[a-z_]+$")
    )]
    pub r#type: String,
    /// What happened, in English.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub title: Cow<'static, str>,
    /// What happened, in Chinese.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub title_zh: Cow<'static, str>,
    /// The HTTP status.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub status: u16,
    /// The stable code.
    #[cfg_attr(feature = "utoipa", schema(pattern = "^[A-Z_]+$"))]
    pub code: Cow<'static, str>,
    /// What to do, in English.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub detail: Cow<'static, str>,
    /// What to do, in Chinese.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub detail_zh: Cow<'static, str>,
    /// What it is about, where that can be said: the member that cannot be read and what may stand there, the
    /// gate that has a key, the device of a credential. Left out elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// Its body.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct OAuthErrorBody {
    /// The standard's word.
    pub error: Cow<'static, str>,
    /// What to do, for the one who reads logs.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub error_description: Cow<'static, str>,
    /// A code of this service that says more than the standard's word, such as `ACCOUNT_FROZEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub szid_code: Option<Cow<'static, str>>,
    /// Of `ACCOUNT_FROZEN`, where the freeze kept no device: when it was, and who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub szid_freeze: Option<FreezeTold>,
}

/// A freeze, as a device is told that it stopped: nothing that helps whoever found the device.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct FreezeTold {
    /// Unix seconds.
    pub at: u64,
    /// `holder`, `registrar` or `service`.
    pub by: Cow<'static, str>,
}
