//! Nonces for key proofs (OpenID4VCI 1.0, section 7). A nonce carries its time and a tag over it: the service remembers none.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use subtle::ConstantTimeEq;

use crate::entropy::make_random;
use crate::http::App;
use crate::http::oauth::{OAuthError, OAuthErrorBody};
use crate::service::Service;

/// How long a nonce is good, seconds.
const SECONDS: u64 = 300;
const TAG: usize = 16;

#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct Nonce {
    c_nonce: String,
}

/// A nonce for the key proofs of the next credential request.
#[utoipa::path(post, path = "/v1/nonce", tag = "issuance", responses(
    (status = 200, body = Nonce),
    (status = 503, body = OAuthErrorBody),
))]
pub(in crate::http) async fn nonce(
    State(service): State<App>,
) -> Result<impl IntoResponse, OAuthError> {
    let random = make_random::<16>(&*service.entropy)?;
    let content = [service.clock.now().to_be_bytes().as_slice(), &random].concat();
    let tag = service.register_key.derive_nonce_tag(&content);
    let c_nonce = BASE64URL_NOPAD.encode(&[content.as_slice(), &tag[..TAG]].concat());
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(Nonce { c_nonce })))
}

/// True for a nonce of this service that has not run out.
pub(super) fn is_good(service: &Service, nonce: &str, now: u64) -> bool {
    let Ok(bytes) = BASE64URL_NOPAD.decode(nonce.as_bytes()) else { return false };
    let Some((content, tag)) = bytes.split_last_chunk::<TAG>() else { return false };
    let Some(made) = content.first_chunk::<8>().map(|made| u64::from_be_bytes(*made)) else {
        return false;
    };
    let good = service.register_key.derive_nonce_tag(content)[..TAG].ct_eq(tag);
    bool::from(good) && made <= now && now - made < SECONDS
}
