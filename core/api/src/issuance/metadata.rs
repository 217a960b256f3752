//! What the issuer and its authorisation server say of themselves (OpenID4VCI 1.0, section 12.2; RFC 8414).
//! Members that no wallet of ours reads are written alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

type Text = Cow<'static, str>;

/// Credential issuer metadata.
#[derive(Serialize, Deserialize)]
pub struct IssuerMetadata {
    #[serde(default)]
    pub batch_credential_issuance: Batch,
    #[serde(skip_deserializing)]
    pub credential_configurations_supported: BTreeMap<Text, Configuration>,
    pub credential_endpoint: String,
    pub credential_issuer: String,
    #[serde(skip_deserializing)]
    pub display: Vec<Display>,
    pub nonce_endpoint: String,
    /// Goes up when the register was put back from a copy: passes of an earlier epoch may not be in it.
    #[serde(default)]
    pub szid_epoch: u32,
}

/// How many passes one request may ask for.
#[derive(Serialize, Deserialize)]
pub struct Batch {
    pub batch_size: usize,
}

impl Default for Batch {
    /// Without the parameter a request holds one proof (OpenID4VCI 1.0, section 12.2.4).
    fn default() -> Self {
        Self { batch_size: 1 }
    }
}

#[derive(Serialize)]
pub struct Configuration {
    pub credential_metadata: CredentialMetadata,
    /// Of COSE.
    pub credential_signing_alg_values_supported: Vec<i64>,
    pub cryptographic_binding_methods_supported: Vec<Text>,
    pub format: Text,
    pub proof_types_supported: ProofTypes,
    pub scope: Text,
}

#[derive(Serialize)]
pub struct CredentialMetadata {
    pub display: Vec<Display>,
}

#[derive(Serialize)]
pub struct ProofTypes {
    pub jwt: ProofType,
}

#[derive(Serialize)]
pub struct ProofType {
    pub proof_signing_alg_values_supported: Vec<Text>,
}

#[derive(Serialize)]
pub struct Display {
    pub locale: Text,
    pub name: Text,
}

/// Authorisation server metadata.
// No `response_types_supported`: nobody is sent to a page here, and a list of none is not sent (RFC 8414,
// section 3.2).
#[derive(Serialize, Deserialize)]
pub struct ServerMetadata {
    #[serde(skip_deserializing)]
    pub grant_types_supported: Vec<Text>,
    pub issuer: String,
    #[serde(skip_deserializing, rename = "pre-authorized_grant_anonymous_access_supported")]
    pub pre_authorised_grant_anonymous_access_supported: bool,
    pub token_endpoint: String,
    #[serde(skip_deserializing)]
    pub token_endpoint_auth_methods_supported: Vec<Text>,
}
