//! The holder's own word about a new device that a counter asks for.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// That a counter asked for a new device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct EnrolmentQuestion {
    /// Names the question.
    pub id: String,
    /// What the new device means for the older ones.
    #[cfg_attr(feature = "utoipa", schema(value_type = crate::words::DeviceRule))]
    pub devices: String,
    /// Unix seconds.
    pub asked_at: u64,
    /// When it is over, Unix seconds.
    pub expires_at: u64,
    /// What an approval names as its audience.
    pub audience: Cow<'static, str>,
    /// The least authentication tier of an approval.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub tier: u8,
    /// Whether it was approved already, on this phone or another one: a refusal takes that back and ends the
    /// request.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub approved: bool,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct EnrolmentQuestions {
    pub enrolments: Vec<EnrolmentQuestion>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct EnrolmentAnswer {
    pub approve: bool,
    /// For an approval: a citizen code whose challenge is this question (audience as told, nonce: the bytes
    /// of its id), drawn with at least the tier that is asked for.
    pub code: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct EnrolmentAnswered {
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub approved: bool,
}
