//! Enrolment at the counter, and the states of accounts.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{App, Problem, auth, issuance, parse};
use crate::documents;
use crate::entropy::make_random;
use crate::store::{Account, Enrolment, Grant, PersonId};

/// How long an offer is good, seconds.
const OFFER_SECONDS: u64 = 600;
/// Wrong transaction codes that an offer bears.
const ATTEMPTS: u8 = 5;
const MAX_NAME_BYTES: usize = 120;
const MAX_WORD_BYTES: usize = 40;

#[derive(Deserialize)]
pub(super) struct EnrolmentRequest {
    document: Document,
    name: String,
    identity_level: u8,
    method: String,
}

#[derive(Deserialize, Serialize)]
struct Document {
    r#type: String,
    number: String,
}

#[derive(Serialize)]
struct Identity<'a> {
    document: &'a Document,
    name: &'a str,
}

pub(super) async fn enrol(
    State(service): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let actor = auth::registrar(&service, &headers).await?;
    let mut request: EnrolmentRequest = parse(&body)?;
    if !(1..=4).contains(&request.identity_level) {
        return Err(Problem::LevelInvalid);
    }
    if request.name.trim().is_empty() || request.name.len() > MAX_NAME_BYTES {
        return Err(Problem::NameInvalid);
    }
    if !is_word(&request.method) {
        return Err(Problem::BadRequest);
    }
    let number = documents::normalised(
        &request.document.r#type,
        &request.document.number,
        service.demo_mode,
    );
    request.document.number = number.ok_or(Problem::DocumentInvalid)?;

    let now = service.clock.now();
    let random = |_| Problem::Busy;
    let candidate = PersonId(make_random(&*service.entropy).map_err(random)?);
    let identity = Identity { document: &request.document, name: &request.name };
    let identity = serde_json::to_vec(&identity).map_err(|_| Problem::BadRequest)?;
    let lookup =
        service.register_key.derive_lookup(&request.document.r#type, &request.document.number);
    let enrolment = Enrolment {
        candidate,
        lookup,
        identity_level: request.identity_level,
        method: request.method,
        sealed: service.register_key.seal(&identity, &lookup, &*service.entropy).map_err(random)?,
        actor,
        at: now,
    };
    let person = service.store.enrol(enrolment).await?;

    let code = BASE64URL_NOPAD.encode(&make_random::<24>(&*service.entropy).map_err(random)?);
    let offer_id = BASE64URL_NOPAD.encode(&make_random::<16>(&*service.entropy).map_err(random)?);
    let drawn = u64::from_be_bytes(make_random(&*service.entropy).map_err(random)?);
    let tx_code = format!("{:06}", drawn % 1_000_000);
    let offer_hash: [u8; 32] = Sha256::digest(&offer_id).into();
    let offer = serde_json::to_vec(&issuance::offer_object(&service.base_url, &code))
        .map_err(|_| Problem::Busy)?;
    let grant = Grant {
        person,
        code_hash: Sha256::digest(&code).into(),
        tx_code_hash: Sha256::digest(&tx_code).into(),
        sealed_offer: service
            .register_key
            .seal(&offer, &offer_hash, &*service.entropy)
            .map_err(random)?,
        expires_at: now + OFFER_SECONDS,
        attempts_left: ATTEMPTS,
    };
    service.store.put_grant(offer_hash, grant).await?;
    let uri = format!("{}/v1/offers/{offer_id}", service.base_url);
    let escaped = uri.replace(':', "%3A").replace('/', "%2F");
    let answer = json!({
        "person": person,
        "credential_offer": format!("openid-credential-offer://?credential_offer_uri={escaped}"),
        "credential_offer_uri": uri,
        "tx_code": tx_code,
        "expires_in": OFFER_SECONDS,
    });
    Ok((StatusCode::CREATED, Json(answer)))
}

fn is_word(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !text.is_empty() && text.len() <= MAX_WORD_BYTES && text.bytes().all(letters)
}

#[derive(Deserialize)]
struct AccountRequest {
    reason: String,
}

pub(super) async fn set_account(
    State(service): State<App>,
    Path((person, action)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let actor = auth::registrar(&service, &headers).await?;
    let account = match action.as_str() {
        "freeze" => Account::Frozen,
        "unfreeze" => Account::Active,
        "revoke" => Account::Revoked,
        _ => return Err(Problem::NotFound),
    };
    let id: PersonId = person.parse().map_err(|_| Problem::NotFound)?;
    let request: AccountRequest = parse(&body)?;
    if !is_word(&request.reason) {
        return Err(Problem::BadRequest);
    }
    service.set_account(id, account, actor, request.reason).await?;
    Ok(Json(json!({ "person": id, "account": account })))
}
