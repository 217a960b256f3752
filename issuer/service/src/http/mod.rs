//! The HTTP side: one file per flow, one shared state.

mod auth;
mod documents;
mod holder;
mod issuance;
mod problem;
mod proof;
mod registrar;
mod scans;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tower_http::timeout::TimeoutLayer;

pub use problem::Problem;

use crate::service::Service;

/// The largest request body, bytes: a batch of 32 proofs or of 100 codes fits well.
const MAX_BODY: usize = 96 * 1024;
/// The longest that a request may take.
const REQUEST_TIME: Duration = Duration::from_secs(10);

type App = Arc<Service>;

/// All the routes.
pub(crate) fn router(service: App) -> Router {
    Router::new()
        .route("/.well-known/openid-credential-issuer", get(issuance::issuer_metadata))
        .route("/.well-known/oauth-authorization-server", get(issuance::server_metadata))
        .route("/v1/offers/{id}", get(issuance::offer))
        .route("/v1/token", post(issuance::token))
        .route("/v1/nonce", post(issuance::nonce))
        .route("/v1/credential", post(issuance::credential))
        .route("/v1/holder", get(holder::account))
        .route("/v1/holder/freeze", post(holder::freeze))
        .route("/v1/registrar/enrolments", post(registrar::enrol))
        .route("/v1/registrar/persons/{person}/{action}", post(registrar::set_account))
        .route("/v1/trust", get(documents::trust))
        .route("/v1/scenes", get(documents::scenes))
        .route("/v1/status/{exp}/{list}", get(documents::status))
        .route("/v1/time", get(documents::time))
        .route("/v1/scans", post(scans::scan))
        .route("/v1/scans/batch", post(scans::scan_batch))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(
            axum::http::StatusCode::REQUEST_TIMEOUT,
            REQUEST_TIME,
        ))
        .with_state(service)
}

async fn ready(
    axum::extract::State(service): axum::extract::State<App>,
) -> Result<&'static str, Problem> {
    let fresh = service.trust.expires_at() > service.clock.now();
    if fresh && service.store.audit_head().await.is_ok() {
        Ok("ready\n")
    } else {
        Err(Problem::Busy)
    }
}

/// A JSON body, or the problem that is wrong with it.
fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|_| Problem::BadRequest)
}
