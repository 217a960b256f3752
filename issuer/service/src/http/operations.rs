//! For the operator: is it alive, is it ready, what does it count, what does it offer.

use std::sync::OnceLock;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::Modify;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};

use super::refusals::Problems;
use super::{App, Problem};
use crate::health::{Condition, Severity};
use crate::health_checks;

/// Names the kinds of bearer secrets, and the pages' cookies, in the description.
pub(super) struct Credentials;

impl Modify for Credentials {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_with(Default::default);
        for name in ["venue", "operator", "registrar", "holder", "administrator"] {
            let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
            components.add_security_scheme(name, scheme);
        }
        for (name, cookie) in [("console", "szid-session"), ("operator_page", "szid-operator")] {
            let about = format!(
                "With the header X-CSRF-Token; named __Host-{cookie} where the service is reached over TLS"
            );
            let cookie = ApiKey::Cookie(ApiKeyValue::with_description(cookie, &about));
            components.add_security_scheme(name, SecurityScheme::ApiKey(cookie));
        }
    }
}

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses(
    (status = 200, content_type = "text/plain", body = String),
))]
pub(super) async fn healthy() -> &'static str {
    "ok\n"
}

/// A condition that holds, see `docs/errors.md`.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ConditionView {
    /// The stable code.
    code: &'static str,
    /// `warning` or `not_ready`.
    severity: &'static str,
    /// What to do, in Chinese.
    advice_zh: &'static str,
    /// What to do.
    advice: &'static str,
    /// The credentials that it is about, as the administration lists them: no secrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    credentials: Vec<String>,
}

impl From<(Condition, Vec<String>)> for ConditionView {
    fn from((condition, credentials): (Condition, Vec<String>)) -> Self {
        let (code, advice) = (condition.code(), condition.advice());
        let severity = condition.severity().word();
        Self { code, severity, advice_zh: advice.zh, advice: advice.en, credentials }
    }
}

/// What `readyz` answers.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Readiness {
    /// Whether the service should get requests.
    ready: bool,
    /// What an operator has to look at.
    conditions: Vec<ConditionView>,
}

/// Whether the service should get requests, and what an operator has to look at.
#[utoipa::path(get, path = "/readyz", tag = "operation", responses(
    (status = 200, body = Readiness),
    (status = 503, body = Readiness),
))]
pub(super) async fn ready(State(service): State<App>) -> (StatusCode, Json<Readiness>) {
    service.common.look_at_clock();
    // The others are looked at every second: whoever asks costs the register nothing.
    health_checks::check_trust(&service);
    let conditions = service.common.health.told();
    let ready = conditions.iter().all(|(condition, _)| condition.severity() == Severity::Warning);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let conditions = conditions.into_iter().map(ConditionView::from).collect();
    (status, Json(Readiness { ready, conditions }))
}

/// Counters in Prometheus' text form (OpenMetrics 1.0).
#[utoipa::path(get, path = "/metrics", tag = "operation", responses(
    (status = 200, content_type = "application/openmetrics-text", body = String),
    Problems,
))]
pub(super) async fn metrics(State(service): State<App>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let expiry = service.publication.trust.current().map_or(0, |list| list.expires_at());
    let text = service.common.metrics.text(expiry, &service.common.health.conditions());
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "operation", responses(
    (status = 200, content_type = "application/json", body = Object),
    Problems,
))]
pub(super) async fn description() -> Result<Response, Problem> {
    // It is the same for as long as the process lives, and work to make.
    static TEXT: OnceLock<Option<String>> = OnceLock::new();
    let text = TEXT
        .get_or_init(|| super::openapi().ok())
        .as_deref()
        .ok_or_else(|| Problem::internal("the description cannot be made"))?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    Ok((headers, text).into_response())
}
