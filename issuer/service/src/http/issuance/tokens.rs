//! The token endpoint: pre-authorised codes and refresh tokens (RFC 6749, section 5; OpenID4VCI 1.0, section
//! 6).

use std::borrow::Cow;

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::IntoResponse;
use axum::{Form, Json};
use data_encoding::BASE64URL_NOPAD;
use szid_api::issuance::tokens::{TokenRequest, Tokens};
use szid_api::issuance::{PRE_AUTHORISED, REFRESH_TOKEN};
use szid_api::paths;
use szid_register::ACCESS_SECONDS;

use crate::http::App;
use crate::http::oauth::OAuthError;
use crate::http::refusals::OAuthRefusals;
use crate::issuance::{self, OfferTaken, Renewal};

/// Exchanges a pre-authorised code with its transaction code, or a refresh token, for fresh tokens.
#[utoipa::path(post, path = paths::TOKEN, tag = "issuance",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
    (status = 200, body = Tokens),
    OAuthRefusals,
))]
pub(in crate::http) async fn token(
    State(service): State<App>,
    form: Result<Form<TokenRequest<'static>>, FormRejection>,
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
    let owned = |field: Option<Cow<'_, str>>| field.map(Cow::into_owned);
    let given = match (&*grant_type, owned(code), owned(tx_code), owned(old)) {
        (PRE_AUTHORISED, Some(code), Some(tx_code), _) => {
            let (device_name, retry_secret) = (owned(device_name), owned(retry_secret));
            let taken = OfferTaken { code, tx_code, device_name, retry_secret };
            issuance::redeem(&service.common, taken).await?
        }
        (REFRESH_TOKEN, _, _, Some(refresh_token)) => {
            let (key_proofs, passes) = (owned(key_proofs), owned(passes));
            issuance::renew(&service.issuance, Renewal { refresh_token, key_proofs, passes })
                .await?
        }
        (PRE_AUTHORISED | REFRESH_TOKEN, ..) => {
            return Err(OAuthError::bad("invalid_request", "a parameter of this grant is missing"));
        }
        _ => return Err(OAuthError::bad("unsupported_grant_type", "see the server's metadata")),
    };
    Ok(Json(Tokens {
        access_token: given.access_token,
        token_type: "Bearer".into(),
        expires_in: ACCESS_SECONDS,
        refresh_token: given.refresh_token,
        refresh_token_expires_in: given.refresh_expires_in,
        szid_device: Some(BASE64URL_NOPAD.encode(&given.device.0)),
    }))
}
