//! The token endpoint: pre-authorised codes and refresh tokens (RFC 6749, section 5; OpenID4VCI 1.0, section 6).

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::header;
use axum::response::IntoResponse;
use axum::{Form, Json};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use szid_protocol::day::DAY;

use super::PRE_AUTHORISED;
use crate::entropy::make_random;
use crate::http::App;
use crate::http::holder_devices::clean_name;
use crate::http::oauth::{OAuthError, OAuthErrorBody};
use crate::store::{GrantFault, TokenPair};

const ACCESS_SECONDS: u64 = 600;
const REFRESH_SECONDS: u64 = 90 * DAY;

#[derive(Deserialize, utoipa::ToSchema)]
pub(in crate::http) struct TokenRequest {
    grant_type: String,
    #[serde(rename = "pre-authorized_code")]
    code: Option<String>,
    tx_code: Option<String>,
    refresh_token: Option<String>,
    /// With a code: what the holder calls the device; cut to 32 bytes.
    device_name: Option<String>,
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
}

/// Exchanges a pre-authorised code with its transaction code, or a refresh token, for fresh tokens.
#[utoipa::path(post, path = "/v1/token", tag = "issuance",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
    (status = 200, body = Tokens),
    (status = 400, body = OAuthErrorBody),
    (status = 503, body = OAuthErrorBody),
))]
pub(in crate::http) async fn token(
    State(service): State<App>,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Result<impl IntoResponse, OAuthError> {
    let Form(request) =
        form.map_err(|_| OAuthError::bad("invalid_request", "the form cannot be read"))?;
    let access_token = BASE64URL_NOPAD.encode(&make_random::<32>(&*service.entropy)?);
    let refresh_token = BASE64URL_NOPAD.encode(&make_random::<32>(&*service.entropy)?);
    let now = service.clock.now();
    let pair = TokenPair {
        access_hash: Sha256::digest(&access_token).into(),
        access_expires_at: now + ACCESS_SECONDS,
        refresh_hash: Sha256::digest(&refresh_token).into(),
        refresh_expires_at: now + REFRESH_SECONDS,
    };
    let TokenRequest { grant_type, code, tx_code, refresh_token: old, device_name } = request;
    let given = match (grant_type.as_str(), code, tx_code, old) {
        (PRE_AUTHORISED, Some(code), Some(tx_code), _) => {
            let (code, tx_code) = (Sha256::digest(code).into(), Sha256::digest(tx_code).into());
            let device_name = clean_name(device_name.as_deref());
            service.redeem(code, tx_code, device_name, pair, now).await?
        }
        ("refresh_token", _, _, Some(token)) => {
            service.store.rotate(Sha256::digest(token).into(), pair, now).await?
        }
        (PRE_AUTHORISED | "refresh_token", ..) => {
            return Err(OAuthError::bad("invalid_request", "a parameter of this grant is missing"));
        }
        _ => return Err(OAuthError::bad("unsupported_grant_type", "see the server's metadata")),
    };
    given.map_err(refused)?;
    let tokens = Tokens {
        access_token,
        token_type: "Bearer",
        expires_in: ACCESS_SECONDS,
        refresh_token,
        refresh_token_expires_in: REFRESH_SECONDS,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(tokens)))
}

fn refused(fault: GrantFault) -> OAuthError {
    let description = match fault {
        GrantFault::Unknown => "the code or token is unknown or was used",
        GrantFault::Expired => "the code or token has expired",
        GrantFault::WrongTxCode => "the transaction code is wrong",
        GrantFault::TooManyDevices => {
            "there are as many devices as one person may have: end one of them first"
        }
        GrantFault::Reused => "an old refresh token came back: enrol again",
    };
    OAuthError::bad("invalid_grant", description)
}
