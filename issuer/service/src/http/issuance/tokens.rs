//! The token endpoint: pre-authorised codes and refresh tokens (RFC 6749, section 5; OpenID4VCI 1.0, section
//! 6).

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::IntoResponse;
use axum::{Form, Json};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_register::ACCESS_SECONDS;

use crate::http::App;
use crate::http::oauth::OAuthError;
use crate::http::refusals::OAuthRefusals;
use crate::issuance::{self, OfferTaken, PRE_AUTHORISED, Renewal};

#[derive(Deserialize, utoipa::ToSchema)]
pub(in crate::http) struct TokenRequest {
    grant_type: String,
    #[serde(rename = "pre-authorized_code")]
    code: Option<String>,
    /// Six digits.
    tx_code: Option<String>,
    refresh_token: Option<String>,
    /// With a refresh token from before the register was put back: JWTs by device keys, one after the other
    /// with a space between them, at most 16.
    key_proofs: Option<String>,
    /// With proofs: the passes that the device holds, 28 bytes each as base64url, as `GET /v1/holder` takes
    /// them.
    passes: Option<String>,
    /// With a code: what the holder calls the device; cut to 32 bytes.
    device_name: Option<String>,
    /// With a code: a secret of the device. Once the code is used, nobody gets the same tokens again without
    /// it.
    retry_secret: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct Tokens {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    refresh_token: String,
    /// Seconds.
    refresh_token_expires_in: u64,
    /// Names the device in its holder's list, and in the one that a counter sees.
    szid_device: String,
}

/// Exchanges a pre-authorised code with its transaction code, or a refresh token, for fresh tokens.
#[utoipa::path(post, path = "/v1/token", tag = "issuance",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
    (status = 200, body = Tokens),
    OAuthRefusals,
))]
pub(in crate::http) async fn token(
    State(service): State<App>,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Result<impl IntoResponse, OAuthError> {
    let Form(request) =
        form.map_err(|_| OAuthError::bad("invalid_request", "the form cannot be read"))?;
    let TokenRequest {
        grant_type,
        code,
        tx_code,
        refresh_token: old,
        key_proofs,
        passes,
        device_name,
        retry_secret,
    } = request;
    let given = match (grant_type.as_str(), code, tx_code, old) {
        (PRE_AUTHORISED, Some(code), Some(tx_code), _) => {
            let taken = OfferTaken { code, tx_code, device_name, retry_secret };
            issuance::redeem(&service, taken).await?
        }
        ("refresh_token", _, _, Some(refresh_token)) => {
            issuance::renew(&service, Renewal { refresh_token, key_proofs, passes }).await?
        }
        (PRE_AUTHORISED | "refresh_token", ..) => {
            return Err(OAuthError::bad("invalid_request", "a parameter of this grant is missing"));
        }
        _ => return Err(OAuthError::bad("unsupported_grant_type", "see the server's metadata")),
    };
    Ok(Json(Tokens {
        access_token: given.access_token,
        token_type: "Bearer",
        expires_in: ACCESS_SECONDS,
        refresh_token: given.refresh_token,
        refresh_token_expires_in: given.refresh_expires_in,
        szid_device: BASE64URL_NOPAD.encode(&given.device.0),
    }))
}
