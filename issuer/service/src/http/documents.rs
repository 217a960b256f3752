//! The city's signed documents, for anyone.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use std::time::{Duration, UNIX_EPOCH};
use szid_api::documents::StatusLists;
use szid_api::paths;
use szid_protocol::{audit_head, scene, status, time, trust};

use super::problem::Refusal;
use super::query::QueryOf;
use super::refusals::Problems;
use super::{App, Problem};
use crate::publication::{Published, STATUS_TTL, status_list, status_list_uris};

/// How long trust list and scene policies may be kept before asking again, seconds.
const LIST_AGE: u64 = 300;

/// Answers with the document, or with 304 where the asker has it (RFC 9110, section 13). The entity tag alone
/// decides: two documents may be made within one second, which is all that a date can tell.
fn answer(
    headers: &HeaderMap,
    media_type: &'static str,
    max_age: u64,
    document: &Published,
    now: u64,
) -> Response {
    let known = match headers.get(header::IF_NONE_MATCH).map(|known| known.to_str()) {
        Some(Ok(known)) => known.split(',').any(|known| {
            let known = known.trim();
            known == "*" || known.strip_prefix("W/").unwrap_or(known) == document.tag
        }),
        Some(Err(_)) | None => false,
    };
    let of_document = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CACHE_CONTROL, format!("public, max-age={max_age}")),
    ];
    let mut validators = HeaderMap::from_iter([(header::ETAG, document.tag.clone())]);
    // Told for its age. Not within its second, for caches that go by it: another one may still come (section
    // 8.8.2.2).
    let made_at = UNIX_EPOCH + Duration::from_secs(document.made_at);
    if document.made_at < now
        && let Ok(made_at) = HeaderValue::try_from(httpdate::fmt_http_date(made_at))
    {
        validators.insert(header::LAST_MODIFIED, made_at);
    }
    if known {
        (StatusCode::NOT_MODIFIED, of_document, validators).into_response()
    } else {
        (of_document, validators, document.bytes.clone()).into_response()
    }
}

/// The trust list in force: which keys may sign what, signed by the root key.
#[utoipa::path(get, path = paths::TRUST, tag = "documents",
    operation_id = "trust_list", responses(
    (status = 200, content_type = "application/szid-trust+cwt", body = [u8]),
    (status = 304, description = "The asker's copy is current"),
    Problems,
))]
pub(super) async fn trust(
    State(service): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let document = service
        .publication
        .trust
        .document()
        .ok_or_else(|| Problem::internal("there is no trust list"))?;
    Ok(answer(&headers, trust::TYP, LIST_AGE, &document, service.common.clock.now()))
}

/// The scene policies in force.
#[utoipa::path(get, path = paths::SCENES, tag = "documents",
    operation_id = "scene_policies", responses(
    (status = 200, content_type = "application/szid-scenes+cwt", body = [u8]),
    (status = 304, description = "The asker's copy is current"),
    Problems,
))]
pub(super) async fn scenes(State(service): State<App>, headers: HeaderMap) -> Response {
    let document = &service.publication.scenes.current().document;
    answer(&headers, scene::TYP, LIST_AGE, document, service.common.clock.now())
}

/// A day's status list (Token Status List, CWT form).
#[utoipa::path(get, path = paths::STATUS_LIST, tag = "documents",
    operation_id = "status_list",
    params(
        ("exp" = u64, Path, description = "The end of the day, Unix seconds"),
        ("list" = u32, Path, description = "The number of the list, from 0"),
    ),
    responses(
        (status = 200, content_type = "application/statuslist+cwt", body = [u8]),
        (status = 304, description = "The asker's copy is current"),
        Problems,
    )
)]
pub(super) async fn status(
    State(service): State<App>,
    path: Result<Path<(u64, u32)>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path((exp, list)) = path.map_err(|_| Problem::NotFound)?;
    let now = service.common.clock.now();
    let document = status_list(&*service.common.store, &service.publication, (exp, list), now)
        .await?
        .ok_or(Problem::NotFound)?;
    Ok(answer(&headers, status::TYP, STATUS_TTL, &document, now))
}

/// A day's status lists by their URIs (Token Status List, section 9.3): those that a pass may point to.
#[utoipa::path(get, path = paths::STATUS_LISTS, tag = "documents",
    params(("exp" = u64, Path, description = "The end of the day, Unix seconds")),
    responses(
        (status = 200, body = StatusLists),
        Problems,
    )
)]
pub(super) async fn status_lists(
    State(service): State<App>,
    path: Result<Path<u64>, PathRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Path(exp) = path.map_err(|_| Problem::NotFound)?;
    let named = status_list_uris(
        &*service.common.store,
        &service.common.base_url,
        exp,
        service.common.clock.now(),
    )
    .await?;
    let status_lists = named.ok_or(Problem::NotFound)?;
    // A new list counts at once.
    Ok(([(header::CACHE_CONTROL, "no-cache")], Json(StatusLists { status_lists })))
}

/// How far the register's audit has come: signed each hour. Keep it, and entries that are taken away later
/// can be told.
#[utoipa::path(get, path = paths::AUDIT_HEAD, tag = "documents",
    operation_id = "signed_audit_head", responses(
    (status = 200, content_type = "application/szid-audit-head+cwt", body = [u8]),
    (status = 304, description = "The asker's copy is current"),
    Problems,
))]
pub(super) async fn audit_head(State(service): State<App>, headers: HeaderMap) -> Response {
    answer(
        &headers,
        audit_head::TYP,
        LIST_AGE,
        &service.witness.document(),
        service.common.clock.now(),
    )
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TimeQuery {
    /// 16 bytes of the asker's choice, base64url.
    #[param(pattern = "^[A-Za-z0-9_-]{22}$")]
    nonce: String,
}

/// The service's time, signed together with the asker's nonce. A service that knows its clock to be wrong
/// signs none (503 `CLOCK_UNCHECKED`): go on with what you have, and ask again later.
#[utoipa::path(get, path = paths::TIME, tag = "documents",
    operation_id = "signed_time", params(TimeQuery), responses(
    (status = 200, content_type = "application/szid-time+cwt", body = [u8]),
    Problems,
))]
pub(super) async fn time(
    State(service): State<App>,
    QueryOf(query): QueryOf<TimeQuery>,
) -> Result<Response, Refusal> {
    let nonce = BASE64URL_NOPAD
        .decode(query.nonce.as_bytes())
        .map_err(|_| Problem::BadRequest.about("nonce"))?;
    let nonce = nonce.try_into().map_err(|_| Problem::BadRequest.about("nonce"))?;
    let now = service.common.vouched_time().ok_or(Problem::ClockUnchecked)?;
    let signed = time::sign_time(now, &nonce, &*service.keys.time)
        .map_err(|_| Problem::internal("the time cannot be signed"))?;
    Ok(([(header::CONTENT_TYPE, time::TYP)], signed).into_response())
}
