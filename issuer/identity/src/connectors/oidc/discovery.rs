//! The provider's metadata (OpenID Connect Discovery 1.0).

use reqwest::Url;
use serde::Deserialize;

use super::setting::OidcSetting;
use crate::connectors::{ProofFault, check_address};

/// How long metadata are used without asking again, seconds.
pub(super) const KEPT_SECONDS: u64 = 3600;

/// What is needed of a provider's metadata, checked.
#[derive(Clone)]
pub(super) struct Metadata {
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) keys: Url,
    pub(super) pushed: Option<Url>,
    pub(super) userinfo: Option<Url>,
    /// Whether its answers name the issuer (RFC 9207).
    pub(super) names_issuer: bool,
    /// Unix seconds.
    pub(super) read_at: u64,
}

#[derive(Deserialize)]
struct Published {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    pushed_authorization_request_endpoint: Option<String>,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Where a provider publishes its metadata (section 4.1).
pub(super) fn address(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

impl Metadata {
    /// # Errors
    /// [`ProofFault::Answer`] with the member that is wrong.
    pub(super) fn read(
        text: &[u8],
        setting: &OidcSetting,
        demo_mode: bool,
        now: u64,
    ) -> Result<Self, ProofFault> {
        let published: Published =
            serde_json::from_slice(text).map_err(|_| ProofFault::Answer("metadata"))?;
        // Byte for byte (section 4.3): else somebody else's metadata would be taken for the provider's.
        if published.issuer != setting.issuer {
            return Err(ProofFault::Answer("issuer"));
        }
        let url =
            |text: &str| check_address(text, demo_mode).map_err(|_| ProofFault::Answer("endpoint"));
        let given = |text: Option<String>| text.as_deref().map(url).transpose();
        let metadata = Self {
            authorization: url(&published.authorization_endpoint)?,
            token: url(&published.token_endpoint)?,
            keys: url(&published.jwks_uri)?,
            pushed: given(published.pushed_authorization_request_endpoint)?,
            userinfo: given(published.userinfo_endpoint)?,
            names_issuer: published.authorization_response_iss_parameter_supported,
            read_at: now,
        };
        let lacks = setting.pushed && metadata.pushed.is_none()
            || setting.userinfo && metadata.userinfo.is_none();
        if lacks { Err(ProofFault::Answer("endpoint")) } else { Ok(metadata) }
    }
}
