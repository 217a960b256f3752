//! The nonce endpoint (OpenID4VCI 1.0, section 7).

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use szid_api::issuance::nonces::Nonce;
use szid_api::paths;

use crate::http::App;
use crate::http::oauth::OAuthError;
use crate::http::refusals::OAuthRefusals;
use crate::issuance::nonces;

/// A nonce for the key proofs of the next credential request, good once.
#[utoipa::path(post, path = paths::NONCE, tag = "issuance", responses(
    (status = 200, body = Nonce),
    OAuthRefusals,
))]
pub(in crate::http) async fn nonce(
    State(service): State<App>,
) -> Result<impl IntoResponse, OAuthError> {
    Ok(Json(Nonce { c_nonce: nonces::make(&service.issuance)? }))
}
