//! OpenID4VCI 1.0: metadata, offer, token, nonce and credential endpoints.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::{Form, Json};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use szid_protocol::day::{DAY, end_of_day, is_end_of_day};
use szid_protocol::level::{IdentityLevel, KeyProtection};
use szid_protocol::pass::PassClaims;

use super::problem::OAuthError;
use super::proof::{ProofFault, verify_proof};
use super::{App, Problem, auth};
use crate::entropy::make_random;
use crate::service::Service;
use crate::store::{GrantFault, TokenPair};

const CONFIGURATION: &str = "szid-day-pass";
const PRE_AUTHORISED: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const BATCH: usize = 32;
/// How many days ahead passes are issued, today not counted.
const DAYS_AHEAD: u64 = 14;
const ACCESS_SECONDS: u64 = 600;
const REFRESH_SECONDS: u64 = 90 * DAY;
const NONCE_SECONDS: u64 = 300;

pub(super) async fn issuer_metadata(State(service): State<App>) -> Json<Value> {
    let base = &service.base_url;
    Json(json!({
        "credential_issuer": base,
        "nonce_endpoint": format!("{base}/v1/nonce"),
        "credential_endpoint": format!("{base}/v1/credential"),
        "batch_credential_issuance": { "batch_size": BATCH },
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

pub(super) async fn server_metadata(State(service): State<App>) -> Json<Value> {
    let base = &service.base_url;
    Json(json!({
        "issuer": base,
        "token_endpoint": format!("{base}/v1/token"),
        "response_types_supported": [],
        "grant_types_supported": [PRE_AUTHORISED, "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": true,
    }))
}

/// The credential offer object for a pre-authorised code.
pub(super) fn offer_object(base_url: &str, code: &str) -> Value {
    json!({
        "credential_issuer": base_url,
        "credential_configuration_ids": [CONFIGURATION],
        "grants": { PRE_AUTHORISED: {
            "pre-authorized_code": code,
            "tx_code": { "input_mode": "numeric", "length": 6 },
        } },
    })
}

pub(super) async fn offer(
    State(service): State<App>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let hash: [u8; 32] = Sha256::digest(&id).into();
    let sealed = service.store.offer(hash, service.clock.now()).await?.ok_or(Problem::NotFound)?;
    let offer = service.register_key.open(&sealed, &hash).ok_or(Problem::Busy)?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, offer.to_vec()))
}

#[derive(Deserialize)]
pub(super) struct TokenRequest {
    grant_type: String,
    #[serde(rename = "pre-authorized_code")]
    code: Option<String>,
    tx_code: Option<String>,
    refresh_token: Option<String>,
}

pub(super) async fn token(
    State(service): State<App>,
    form: Result<Form<TokenRequest>, axum::extract::rejection::FormRejection>,
) -> Result<impl IntoResponse, OAuthError> {
    let Form(request) =
        form.map_err(|_| OAuthError::bad("invalid_request", "the form cannot be read"))?;
    let random = |_| {
        OAuthError(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "try again later")
    };
    let access = BASE64URL_NOPAD.encode(&make_random::<32>(&*service.entropy).map_err(random)?);
    let refresh = BASE64URL_NOPAD.encode(&make_random::<32>(&*service.entropy).map_err(random)?);
    let now = service.clock.now();
    let pair = TokenPair {
        access_hash: Sha256::digest(&access).into(),
        access_expires_at: now + ACCESS_SECONDS,
        refresh_hash: Sha256::digest(&refresh).into(),
        refresh_expires_at: now + REFRESH_SECONDS,
    };
    let given = match (
        request.grant_type.as_str(),
        &request.code,
        &request.tx_code,
        &request.refresh_token,
    ) {
        (PRE_AUTHORISED, Some(code), Some(tx_code), _) => {
            let (code, tx_code) = (Sha256::digest(code).into(), Sha256::digest(tx_code).into());
            service.store.redeem(code, tx_code, pair, now).await?
        }
        ("refresh_token", _, _, Some(token)) => {
            service.store.rotate(Sha256::digest(token).into(), pair, now).await?
        }
        (PRE_AUTHORISED | "refresh_token", ..) => {
            return Err(OAuthError::bad("invalid_request", "a parameter of this grant is missing"));
        }
        _ => return Err(OAuthError::bad("unsupported_grant_type", "see the server's metadata")),
    };
    given.map_err(|fault| match fault {
        GrantFault::Unknown => {
            OAuthError::bad("invalid_grant", "the code or token is unknown or was used")
        }
        GrantFault::Expired => OAuthError::bad("invalid_grant", "the code or token has expired"),
        GrantFault::WrongTxCode => {
            OAuthError::bad("invalid_grant", "the transaction code is wrong")
        }
        GrantFault::Reused => {
            OAuthError::bad("invalid_grant", "an old refresh token came back: enrol again")
        }
    })?;
    let body = json!({
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": ACCESS_SECONDS,
        "refresh_token": refresh,
        "refresh_token_expires_in": REFRESH_SECONDS,
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)))
}

/// A nonce carries its time and a tag over it: the service needs to remember none.
fn nonce_is_good(service: &Service, nonce: &str) -> bool {
    let Ok(bytes) = BASE64URL_NOPAD.decode(nonce.as_bytes()) else { return false };
    let Some((content, tag)) = bytes.split_last_chunk::<16>() else { return false };
    let Some(made) = content.first_chunk::<8>().map(|made| u64::from_be_bytes(*made)) else {
        return false;
    };
    let good = service.register_key.derive_nonce_tag(content)[..16].ct_eq(tag);
    let now = service.clock.now();
    bool::from(good) && made <= now && now - made < NONCE_SECONDS
}

pub(super) async fn nonce(State(service): State<App>) -> Result<impl IntoResponse, OAuthError> {
    let random = make_random::<16>(&*service.entropy).map_err(|_| {
        OAuthError(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "try again later")
    })?;
    let content = [service.clock.now().to_be_bytes().as_slice(), &random].concat();
    let tag = service.register_key.derive_nonce_tag(&content);
    let nonce = BASE64URL_NOPAD.encode(&[content.as_slice(), &tag[..16]].concat());
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(json!({ "c_nonce": nonce }))))
}

#[derive(Deserialize)]
struct CredentialRequest {
    credential_configuration_id: String,
    proofs: Proofs,
    szid_from_day: Option<u64>,
}

#[derive(Deserialize)]
struct Proofs {
    jwt: Vec<String>,
}

pub(super) async fn credential(
    State(service): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, OAuthError> {
    let person = auth::holder(&service, &headers).await;
    let person = person.map_err(|_| {
        OAuthError(StatusCode::UNAUTHORIZED, "invalid_token", "get a new access token")
    })?;
    let request: CredentialRequest = serde_json::from_slice(&body)
        .map_err(|_| OAuthError::bad("invalid_credential_request", "the request cannot be read"))?;
    if request.credential_configuration_id != CONFIGURATION {
        return Err(OAuthError::bad(
            "unknown_credential_configuration",
            "see the issuer's metadata",
        ));
    }
    let now = service.clock.now();
    let proofs = request.proofs.jwt;
    let days = days(request.szid_from_day, proofs.len(), now).ok_or(OAuthError::bad(
        "invalid_credential_request",
        "the days or the number of proofs are out of range",
    ))?;

    let level = service.store.person(person).await?.map(|person| person.identity_level);
    let level = level.and_then(|level| IdentityLevel::try_from(u64::from(level)).ok());
    let level =
        level.ok_or(OAuthError::bad("credential_request_denied", "the account is not active"))?;
    // Proofs and signatures are milliseconds of arithmetic: off the threads that serve others.
    let checking = service.clone();
    let keys = run_aside(move || {
        let check = |proof: &String| {
            verify_proof(proof, &checking.base_url, now, |nonce| nonce_is_good(&checking, nonce))
        };
        proofs.iter().map(check).collect::<Result<Vec<_>, _>>()
    });
    let keys = keys.await?.map_err(|fault| match fault {
        ProofFault::Proof => {
            OAuthError::bad("invalid_proof", "a proof is malformed or not signed by its key")
        }
        ProofFault::Nonce => OAuthError::bad("invalid_nonce", "get a new nonce"),
    })?;
    let distinct = keys.iter().enumerate().all(|(at, key)| !keys[..at].contains(key));
    if !distinct {
        return Err(OAuthError::bad("invalid_proof", "each proof needs a key of its own"));
    }
    let indices = service.store.allocate_passes(person, days.clone(), now).await?;
    let signing = service.clone();
    let passes = run_aside(move || {
        let sign = |((exp, device_key), status_index)| {
            let claims = PassClaims {
                exp,
                device_key,
                identity_level: level,
                // Nothing attests the key yet: software is all that can be said.
                key_protection: KeyProtection::Software,
                status_index,
                concessions: None,
                masked_name: None,
            };
            claims.sign_with_kid(signing.pass_kid, &*signing.keys.pass)
        };
        days.into_iter().zip(keys).zip(indices).map(sign).collect::<Result<Vec<_>, _>>()
    });
    let failed =
        OAuthError(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "try again later");
    let passes = passes.await?.map_err(|_| failed)?;
    let credentials: Vec<Value> =
        passes.iter().map(|pass| json!({ "credential": BASE64URL_NOPAD.encode(pass) })).collect();
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(json!({ "credentials": credentials }))))
}

async fn run_aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, OAuthError> {
    let failed =
        OAuthError(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "try again later");
    tokio::task::spawn_blocking(work).await.map_err(|_| failed)
}

/// The days that a batch is for, or `None` outside what is issued.
fn days(from: Option<u64>, count: usize, now: u64) -> Option<Vec<u64>> {
    let today = end_of_day(now);
    let from = from.unwrap_or(today);
    let last = from.checked_add((count as u64).checked_sub(1)?.checked_mul(DAY)?)?;
    let fits =
        count <= BATCH && is_end_of_day(from) && from >= today && last <= today + DAYS_AHEAD * DAY;
    fits.then(|| (0..count as u64).map(|day| from + day * DAY).collect())
}
