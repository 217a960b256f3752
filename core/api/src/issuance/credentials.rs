//! The credential endpoint (OpenID4VCI 1.0, section 8).

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize, Serializer};

#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct CredentialRequest {
    /// `szid-day-pass`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_configuration_id: Option<String>,
    /// Not given out here, so not taken.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "nothing")]
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<String>))]
    pub credential_identifier: Option<IgnoredAny>,
    /// Of the drafts before 1.0: not taken.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "nothing")]
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<Object>))]
    pub format: Option<IgnoredAny>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proofs: Option<Proofs>,
    /// Of the drafts before 1.0: not taken.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "nothing")]
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<Object>))]
    pub proof: Option<IgnoredAny>,
    /// Not offered here.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "nothing")]
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<Object>))]
    pub credential_response_encryption: Option<IgnoredAny>,
    /// The day of the first pass, by its end in Unix seconds; today where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub szid_from_day: Option<u64>,
    /// JWTs by device keys of passes that the device has, at most 16: one of them vouches for the keys of the
    /// new passes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub szid_key_proofs: Vec<String>,
}

/// Nobody here sends what is not taken.
fn nothing<S: Serializer>(_: &Option<IgnoredAny>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Proofs {
    /// One JWT for each pass, each by a key of its own; or one with a `key_attestation`, for a pass for each
    /// attested key.
    #[cfg_attr(feature = "utoipa", schema(required = true, min_items = 1, max_items = 15))]
    pub jwt: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct CredentialAnswer {
    /// In the order of the proofs, or of the attested keys.
    pub credentials: Vec<Credential>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Credential {
    /// The pass, base64url.
    pub credential: String,
}
