//! The credential endpoint: a strip of day passes, one for each device key (OpenID4VCI 1.0, section 8).

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use data_encoding::BASE64URL_NOPAD;
use szid_api::issuance::CONFIGURATION;
use szid_api::issuance::credentials::{Credential, CredentialAnswer, CredentialRequest, Proofs};
use szid_api::paths;
use szid_api::problem::{OAuthErrorBody, ProblemBody};

use crate::http::App;
use crate::http::auth::TokenHolder;
use crate::http::body::{is_json, without_mark};
use crate::http::oauth::OAuthError;
use crate::http::refusals::OAuthRefusals;
use crate::issuance::{self, PassesWanted};

/// Issues a pass for each key; all of them or none.
#[utoipa::path(post, path = paths::CREDENTIAL, tag = "issuance", security(("holder" = [])),
    request_body = CredentialRequest, responses(
    (status = 200, body = CredentialAnswer),
    OAuthRefusals,
    (status = 401, description = "A token that is not good, or none", content(
        (OAuthErrorBody = "application/json"),
        (ProblemBody = "application/problem+json"),
    )),
))]
pub(in crate::http) async fn credential(
    TokenHolder(holder): TokenHolder,
    State(service): State<App>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<impl IntoResponse, OAuthError> {
    let wanted = read(&headers, body)?;
    let passes = issuance::issue(&service.issuance, holder, wanted).await?;
    let credentials =
        passes.iter().map(|pass| Credential { credential: BASE64URL_NOPAD.encode(pass) }).collect();
    Ok(Json(CredentialAnswer { credentials }))
}

fn read(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<PassesWanted, OAuthError> {
    let bad = |description| OAuthError::bad("invalid_credential_request", description);
    if !is_json(headers) {
        return Err(bad("the request is not application/json"));
    }
    let body = body.map_err(|_| bad("the request is too large or was cut off"))?;
    let request: CredentialRequest = serde_json::from_slice(without_mark(&body))
        .map_err(|_| bad("the request cannot be read"))?;
    if request.credential_identifier.is_some() {
        return Err(OAuthError::bad("unknown_credential_identifier", "name the configuration"));
    }
    if request.credential_response_encryption.is_some() {
        return Err(OAuthError::bad("invalid_encryption_parameters", "answers go over TLS only"));
    }
    if request.credential_configuration_id.as_deref() != Some(CONFIGURATION) {
        let description = match (&request.credential_configuration_id, &request.format) {
            (None, Some(_)) => {
                "this is OpenID4VCI 1.0: send credential_configuration_id, not the format of the drafts"
            }
            _ => "see credential_configurations_supported in the metadata",
        };
        return Err(OAuthError::bad("unknown_credential_configuration", description));
    }
    let proofs = match (request.proofs, request.proof) {
        (Some(Proofs { jwt: Some(proofs) }), _) => Ok(proofs),
        (Some(Proofs { jwt: None }), _) => Err("proofs.jwt is missing: no other type is taken"),
        (None, Some(_)) => Err("this is OpenID4VCI 1.0: send proofs, not the proof of the drafts"),
        (None, None) => Err("proofs are missing"),
    };
    let proofs = proofs.map_err(|description| OAuthError::bad("invalid_proof", description))?;
    Ok(PassesWanted { proofs, vouching: request.szid_key_proofs, from_day: request.szid_from_day })
}
