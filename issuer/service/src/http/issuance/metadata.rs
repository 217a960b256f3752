//! What the issuer and its authorisation server say of themselves.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::http::App;
use crate::http::refusals::Problems;
use crate::issuance::{BATCH, CONFIGURATION, PRE_AUTHORISED};

/// Credential issuer metadata (OpenID4VCI 1.0, section 12.2).
#[utoipa::path(get, path = "/.well-known/openid-credential-issuer", tag = "issuance",
    operation_id = "issuer_metadata", responses(
    (status = 200, content_type = "application/json", body = Object),
    Problems,
))]
pub(in crate::http) async fn issuer(State(service): State<App>) -> Json<Value> {
    let base = &service.base_url;
    Json(json!({
        "credential_issuer": base,
        "display": [
            { "name": "深圳市民码", "locale": "zh-CN" },
            { "name": "Shenzhen citizen code", "locale": "en" },
        ],
        "nonce_endpoint": format!("{base}/v1/nonce"),
        "credential_endpoint": format!("{base}/v1/credential"),
        "batch_credential_issuance": { "batch_size": BATCH },
        // Goes up when the register was put back from a copy: passes of an earlier epoch may not be in it.
        "szid_epoch": service.witness.epoch(),
        "credential_configurations_supported": {
            CONFIGURATION: {
                "format": "szid_pass_cwt",
                "scope": CONFIGURATION,
                "cryptographic_binding_methods_supported": ["jwk"],
                "credential_signing_alg_values_supported": [-7],
                "proof_types_supported": { "jwt": { "proof_signing_alg_values_supported": ["ES256"] } },
                "credential_metadata": { "display": [
                    { "name": "市民码当日凭证", "locale": "zh-CN" },
                    { "name": "citizen code day pass", "locale": "en" },
                ] },
            },
        },
    }))
}

/// Authorisation server metadata (RFC 8414).
#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", tag = "issuance",
    operation_id = "server_metadata", responses(
    (status = 200, content_type = "application/json", body = Object),
    Problems,
))]
pub(in crate::http) async fn authorization_server(State(service): State<App>) -> Json<Value> {
    let base = &service.base_url;
    Json(json!({
        "issuer": base,
        "token_endpoint": format!("{base}/v1/token"),
        // No `response_types_supported`: nobody is sent to a page here, and a list of none is not sent (RFC
        // 8414, section 3.2).
        "grant_types_supported": [PRE_AUTHORISED, "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": true,
    }))
}
