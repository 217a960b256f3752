//! The gate's own interface, for programs and the desk console on the same machine.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use szid_api::problem::{PROBLEM_JSON, problem_type};

use crate::browsers::only_own;
use crate::gate::{Gate, GateAnswer, GateState, Place};

/// The largest request, bytes.
const MAX_BODY: usize = 16 * 1024;
const MAX_OPERATOR_BYTES: usize = 64;
/// The byte order mark.
const MARK: &[u8] = "\u{feff}".as_bytes();

#[derive(Deserialize)]
struct ScanRequest {
    code: String,
    #[serde(default)]
    operator: String,
}

/// `POST /v1/scans`, `GET /v1/state`, `GET /healthz`, `GET /readyz`, the desk console below `/console/`, and
/// links at `/`. Serve it on a loopback address only: it asks nobody who they are, and lets no other site's
/// page in.
pub fn router(gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/v1/scans", post(scan))
        .route("/v1/state", get(state))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/console/session", get(session))
        .merge(szid_console::gate_router())
        .layer(from_fn(only_own))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(gate)
}

async fn scan(
    State(gate): State<Arc<Gate>>,
    request: Request,
) -> Result<Json<GateAnswer>, Response> {
    let request = read(request).await.map_err(|status| match status {
        StatusCode::PAYLOAD_TOO_LARGE => problem(status, "TOO_LARGE"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => problem(status, "MEDIA_TYPE"),
        _ => problem(StatusCode::BAD_REQUEST, "BAD_REQUEST"),
    })?;
    if request.operator.len() > MAX_OPERATOR_BYTES {
        return Err(problem(StatusCode::BAD_REQUEST, "BAD_REQUEST"));
    }
    // Two fsyncs: not on a thread that serves others.
    let scanned =
        tokio::task::spawn_blocking(move || gate.scan(&request.code, &request.operator)).await;
    scanned.map(Json).map_err(|_| problem(StatusCode::SERVICE_UNAVAILABLE, "BUSY"))
}

/// Reads a request, behind a byte order mark where there is one: .NET and PowerShell put it before their
/// JSON.
async fn read(request: Request) -> Result<ScanRequest, StatusCode> {
    let (parts, body) = request.into_parts();
    let whole = Request::from_parts(parts.clone(), body);
    let body = Bytes::from_request(whole, &()).await.map_err(|fault| fault.status())?;
    let json = if body.starts_with(MARK) { body.slice(MARK.len()..) } else { body };
    let request = Json::from_request(Request::from_parts(parts, Body::from(json)), &()).await;
    request.map(|Json(request)| request).map_err(|fault| fault.status())
}

/// RFC 9457, with the service's codes.
fn problem(status: StatusCode, code: &str) -> Response {
    let body = serde_json::json!({
        "type": problem_type(code),
        "status": status.as_u16(),
        "code": code,
    });
    let headers = [(header::CONTENT_TYPE, PROBLEM_JSON)];
    (status, headers, body.to_string()).into_response()
}

/// What the service's page has as its session: here nobody signs in.
async fn session(State(gate): State<Arc<Gate>>) -> impl IntoResponse {
    let Place { venue, device, scene, name_zh, name_en } = gate.place();
    // A gate releases no claims and asks nobody; a scene that needs more is refused with its reason.
    let scene = json!({ "id": scene, "name_zh": name_zh, "name_en": name_en, "consent": "none",
        "claims": [], "challenge": false, "case": false });
    let session: Value = json!({ "gate": true, "csrf": "", "venue": { "id": venue, "name": venue },
        "device": device, "scenes": [scene] });
    ([(header::CACHE_CONTROL, "no-store")], Json(session))
}

async fn state(State(gate): State<Arc<Gate>>) -> Json<GateState> {
    Json(gate.state())
}

async fn ready(State(gate): State<Arc<Gate>>) -> (StatusCode, String) {
    readiness(&gate)
}

/// Whether codes can be accepted, as `GET /readyz` says it; below it, a line for each condition that holds.
pub fn readiness(gate: &Gate) -> (StatusCode, String) {
    let (status, word) = if gate.is_ready() {
        (StatusCode::OK, "ready")
    } else if gate.tasks_down() > 0 {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "a background task ended and is started again: see the log",
        )
    } else if gate.scanner_is_lost() {
        (StatusCode::SERVICE_UNAVAILABLE, "the scanner is not there: it is opened again by itself")
    } else if gate.command_is_lost() {
        (StatusCode::SERVICE_UNAVAILABLE, "the command for verdicts cannot be run: no door opens")
    } else if gate.disk_is_full() {
        (StatusCode::SERVICE_UNAVAILABLE, "the disk takes no writes: nobody passes")
    } else if gate.is_withdrawn() {
        (StatusCode::SERVICE_UNAVAILABLE, "the service has withdrawn this gate: nobody passes")
    } else if gate.device_differs() {
        (StatusCode::SERVICE_UNAVAILABLE, "this gate bears another device's name: see below")
    } else if gate.scene_is_foreign() {
        (StatusCode::SERVICE_UNAVAILABLE, "the venue is not registered for this scene: see below")
    } else if gate.scene_is_online_only() {
        (StatusCode::SERVICE_UNAVAILABLE, "this scene is verified online alone: nobody passes here")
    } else if gate.scene_is_unknown() {
        (StatusCode::SERVICE_UNAVAILABLE, "the city has no such scene: nobody passes")
    } else if gate.uses_are_unknown() {
        (StatusCode::SERVICE_UNAVAILABLE, "it is not known which codes were used: nobody passes")
    } else if gate.state().clock_behind.is_some() {
        // Also where lists are missing: what was signed later than this clock is not taken.
        (StatusCode::SERVICE_UNAVAILABLE, "this device's clock is behind: nobody passes")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no lists yet")
    };
    let conditions = gate.state().conditions;
    let lines = conditions.iter().map(|one| {
        let about = one.about.as_deref().map(|about| format!(" ({about})")).unwrap_or_default();
        format!("\n{}{about}: {} · {}", one.code, one.advice_zh, one.advice)
    });
    (status, std::iter::once(word.to_owned()).chain(lines).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_byte_order_mark_before_json_is_passed_over() {
        let read = async |body: &str| {
            let request =
                Request::post("/v1/scans").header(header::CONTENT_TYPE, "application/json");
            let read = read(request.body(Body::from(body.to_owned())).unwrap()).await;
            read.map(|request| request.code)
        };
        for mark in ["", "\u{feff}"] {
            let code = read(&format!("{mark}{{\"code\": \"0755\"}}")).await;
            assert_eq!(code.as_deref(), Ok("0755"), "{mark:?}");
        }
        for body in ["", "\u{feff}", "\u{feff}\u{feff}{\"code\": \"0755\"}"] {
            assert_eq!(read(body).await.unwrap_err(), StatusCode::BAD_REQUEST, "{body:?}");
        }
        let plain = Request::post("/v1/scans").body(Body::from("{\"code\": \"0755\"}")).unwrap();
        let plain = super::read(plain).await.map(drop);
        assert_eq!(plain, Err(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
}
