//! The token endpoint: pre-authorised codes and refresh tokens (RFC 6749, section 5; OpenID4VCI 1.0, section
//! 6).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct TokenRequest<'a> {
    pub grant_type: Cow<'a, str>,
    #[serde(rename = "pre-authorized_code", skip_serializing_if = "Option::is_none")]
    pub code: Option<Cow<'a, str>>,
    /// Six digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_code: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Cow<'a, str>>,
    /// With a refresh token from before the register was put back: JWTs by device keys, one after the other
    /// with a space between them, at most 16.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_proofs: Option<Cow<'a, str>>,
    /// With proofs: the passes that the device holds, 28 bytes each as base64url, as `GET /v1/holder` takes
    /// them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passes: Option<Cow<'a, str>>,
    /// With a code: what the holder calls the device; cut to 32 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_name: Option<Cow<'a, str>>,
    /// With a code: a secret of the device. Once the code is used, nobody gets the same tokens again without
    /// it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_secret: Option<Cow<'a, str>>,
}

impl TokenRequest<'_> {
    /// The fields of the form: this request goes as no JSON.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let fields = [
            ("grant_type", Some(&self.grant_type)),
            ("pre-authorized_code", self.code.as_ref()),
            ("tx_code", self.tx_code.as_ref()),
            ("refresh_token", self.refresh_token.as_ref()),
            ("key_proofs", self.key_proofs.as_ref()),
            ("passes", self.passes.as_ref()),
            ("device_name", self.device_name.as_ref()),
            ("retry_secret", self.retry_secret.as_ref()),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, &**value?)))
    }
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Tokens {
    pub access_token: String,
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub token_type: String,
    /// Seconds.
    // A server may leave it out: then the token is used at once and not again.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub expires_in: u64,
    pub refresh_token: String,
    /// Seconds.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true))]
    pub refresh_token_expires_in: u64,
    /// Names the device in its holder's list, and in the one that a counter sees.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, value_type = String))]
    pub szid_device: Option<String>,
}
