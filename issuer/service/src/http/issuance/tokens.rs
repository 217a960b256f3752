//! The token endpoint: pre-authorised codes and refresh tokens (RFC 6749, section 5; OpenID4VCI 1.0, section 6).

use aws_lc_rs::hmac;
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
use crate::clock_guard::ClockState;
use crate::entropy::make_random;
use crate::http::App;
use crate::http::holder_devices::clean_name;
use crate::http::oauth::{OAuthError, OAuthErrorBody};
use crate::store::{ACCESS_SECONDS, GrantFault, Rotated, TokenPair};

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
    let salt = make_random::<32>(&*service.entropy)?;
    // Whoever shows the same refresh token again a moment later must get the same successor: it follows from that token, which
    // the register does not know, and from a salt, which nobody else does.
    let refresh_token = match &request.refresh_token {
        Some(old) => derive_successor(old, &salt),
        None => BASE64URL_NOPAD.encode(&make_random::<32>(&*service.entropy)?),
    };
    let (reading, clock) = service.look_at_clock();
    let now = reading.wall;
    let refused = |fault| refused(fault, clock);
    let pair = TokenPair {
        access_hash: Sha256::digest(&access_token).into(),
        access_expires_at: now + ACCESS_SECONDS,
        refresh_hash: Sha256::digest(&refresh_token).into(),
        refresh_expires_at: now + REFRESH_SECONDS,
        salt,
    };
    let TokenRequest { grant_type, code, tx_code, refresh_token: old, device_name } = request;
    let given = match (grant_type.as_str(), code, tx_code, old) {
        (PRE_AUTHORISED, Some(code), Some(tx_code), _) => {
            let (code, tx_code) = (Sha256::digest(code).into(), Sha256::digest(tx_code).into());
            let device_name = clean_name(device_name.as_deref());
            service.redeem(code, tx_code, device_name, pair, now).await?
        }
        ("refresh_token", _, _, Some(old)) => {
            let rotated = service.rotate(Sha256::digest(&old).into(), pair, now).await?;
            let Rotated { salt, refresh_expires_at, .. } = rotated.map_err(refused)?;
            let refresh_token = derive_successor(&old, &salt);
            return Ok(answer(access_token, refresh_token, refresh_expires_at.saturating_sub(now)));
        }
        (PRE_AUTHORISED | "refresh_token", ..) => {
            return Err(OAuthError::bad("invalid_request", "a parameter of this grant is missing"));
        }
        _ => return Err(OAuthError::bad("unsupported_grant_type", "see the server's metadata")),
    };
    given.map_err(refused)?;
    Ok(answer(access_token, refresh_token, REFRESH_SECONDS))
}

fn answer(
    access_token: String,
    refresh_token: String,
    refresh_token_expires_in: u64,
) -> impl IntoResponse {
    let tokens = Tokens {
        access_token,
        token_type: "Bearer",
        expires_in: ACCESS_SECONDS,
        refresh_token,
        refresh_token_expires_in,
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(tokens))
}

/// The refresh token that follows on this one.
fn derive_successor(old: &str, salt: &[u8; 32]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, old.as_bytes());
    let message = [b"szid refresh token successor".as_slice(), salt].concat();
    BASE64URL_NOPAD.encode(hmac::sign(&key, &message).as_ref())
}

/// Whoever is told that something has run out applies again at a counter: a checked clock alone says so.
fn refused(fault: GrantFault, clock: ClockState) -> OAuthError {
    if fault == GrantFault::Expired && clock != ClockState::Checked {
        return OAuthError::CLOCK_UNCHECKED;
    }
    let description = match fault {
        GrantFault::Unknown => "the code or token is unknown or was used",
        GrantFault::Expired => "the code or token has expired",
        GrantFault::WrongTxCode => "the transaction code is wrong",
        GrantFault::TooManyDevices => {
            "there are as many devices as one person may have: end one of them first"
        }
        GrantFault::Reused => "an old refresh token came back: enrol again",
        GrantFault::Frozen => {
            "the account is frozen: a counter lifts the freeze and makes another offer"
        }
    };
    let refused = OAuthError::bad("invalid_grant", description);
    if fault == GrantFault::Frozen { refused.of_frozen() } else { refused }
}
