//! Proofs of who somebody is, by parties that the city trusts.

use serde::{Deserialize, Serialize};

/// Asks one of the city's connectors to prove who the holder is.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProofRequest {
    /// The connector's name, as `level_up` has it.
    #[cfg_attr(feature = "utoipa", schema(min_length = 1, max_length = 96))]
    pub connector: String,
}

/// How a proof stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ProofView {
    /// Names it, base64url.
    pub id: String,
    /// The connector.
    pub connector: String,
    /// How it stands.
    pub state: ProofState,
    /// Where the holder goes, in a browser on any device, while the proof waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// For how many seconds yet it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// Of one that was proven: the identity level from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_level: Option<u8>,
    /// Of one that was refused: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<ProofRefusal>,
}

/// How a proof stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ProofState {
    /// The holder has to go to `url`, or has just come back.
    Waiting,
    /// The evidence is kept.
    Proven,
    /// It came to nothing.
    Refused,
}

/// Why a proof came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct ProofRefusal {
    /// The stable code.
    pub code: String,
    /// What happened and what to do, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}
