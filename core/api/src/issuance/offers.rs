//! Credential offers (OpenID4VCI 1.0, section 4.1.1).

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct CredentialOffer {
    #[serde(default)]
    pub credential_configuration_ids: Vec<String>,
    pub credential_issuer: String,
    pub grants: Grants,
}

#[derive(Serialize, Deserialize)]
pub struct Grants {
    #[serde(rename = "urn:ietf:params:oauth:grant-type:pre-authorized_code")]
    pub pre_authorised: PreAuthorised,
}

#[derive(Serialize, Deserialize)]
pub struct PreAuthorised {
    #[serde(rename = "pre-authorized_code")]
    pub code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tx_code: Option<TxCode>,
}

/// What the transaction code looks like.
#[derive(Serialize, Deserialize)]
pub struct TxCode {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_mode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u8>,
}
