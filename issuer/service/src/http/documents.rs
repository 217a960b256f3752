//! The city's signed documents, for anyone.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use szid_protocol::{scene, status, time, trust};

use super::{App, Problem};

/// Answers with the document, or with 304 where the asker has it.
fn document(headers: &HeaderMap, media_type: &'static str, max_age: u64, bytes: &[u8]) -> Response {
    let tag = format!("\"{}\"", HEXLOWER.encode(&Sha256::digest(bytes)[..16]));
    let known =
        headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        bytes.to_vec().into_response()
    };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    for (name, value) in
        [(header::ETAG, tag), (header::CACHE_CONTROL, format!("public, max-age={max_age}"))]
    {
        if let Ok(value) = HeaderValue::from_str(&value) {
            out.insert(name, value);
        }
    }
    response
}

pub(super) async fn trust(State(service): State<App>, headers: HeaderMap) -> Response {
    document(&headers, trust::TYP, 300, &service.trust_bytes)
}

pub(super) async fn scenes(State(service): State<App>, headers: HeaderMap) -> Response {
    document(&headers, scene::TYP, 300, &service.scenes_bytes)
}

pub(super) async fn status(
    State(service): State<App>,
    Path((exp, list)): Path<(u64, u32)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let bytes = service.status_list(exp, list).await?.ok_or(Problem::NotFound)?;
    Ok(document(&headers, status::TYP, crate::service::STATUS_TTL, &bytes))
}

#[derive(Deserialize)]
pub(super) struct TimeQuery {
    nonce: String,
}

pub(super) async fn time(
    State(service): State<App>,
    query: Result<Query<TimeQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|_| Problem::BadRequest)?;
    let nonce =
        BASE64URL_NOPAD.decode(query.nonce.as_bytes()).ok().and_then(|nonce| nonce.try_into().ok());
    let nonce = nonce.ok_or(Problem::BadRequest)?;
    let signed = time::sign_time(service.clock.now(), &nonce, &*service.keys.time)
        .map_err(|_| Problem::Busy)?;
    let headers = [(header::CONTENT_TYPE, time::TYP), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, signed).into_response())
}
