//! The gate's own interface, for programs on the same machine.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;

use crate::gate::{Gate, GateAnswer, GateState};

/// The largest request, bytes.
const MAX_BODY: usize = 16 * 1024;
const MAX_OPERATOR_BYTES: usize = 64;

#[derive(Deserialize)]
struct ScanRequest {
    code: String,
    #[serde(default)]
    operator: String,
}

/// `POST /v1/scans`, `GET /v1/state`, `GET /healthz`, `GET /readyz`. Serve it on a loopback address only: it asks nobody who
/// they are.
pub fn router(gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/v1/scans", post(scan))
        .route("/v1/state", get(state))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(gate)
}

async fn scan(
    State(gate): State<Arc<Gate>>,
    request: Result<Json<ScanRequest>, axum::extract::rejection::JsonRejection>,
) -> Result<Json<GateAnswer>, Response> {
    let Json(request) = request.map_err(|rejection| {
        let (status, code) = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => (StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "MEDIA_TYPE")
            }
            _ => (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        };
        problem(status, code)
    })?;
    if request.operator.len() > MAX_OPERATOR_BYTES {
        return Err(problem(StatusCode::BAD_REQUEST, "BAD_REQUEST"));
    }
    // Two fsyncs: not on a thread that serves others.
    let scanned =
        tokio::task::spawn_blocking(move || gate.scan(&request.code, &request.operator)).await;
    scanned.map(Json).map_err(|_| problem(StatusCode::SERVICE_UNAVAILABLE, "BUSY"))
}

/// RFC 9457, with the service's codes.
fn problem(status: StatusCode, code: &str) -> Response {
    let body = serde_json::json!({
        "type": format!("urn:szid:problem:{}", code.to_ascii_lowercase()),
        "status": status.as_u16(),
        "code": code,
    });
    let headers = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, headers, body.to_string()).into_response()
}

async fn state(State(gate): State<Arc<Gate>>) -> Json<GateState> {
    Json(gate.state())
}

async fn ready(State(gate): State<Arc<Gate>>) -> (StatusCode, &'static str) {
    if gate.is_ready() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no lists yet")
    }
}
