//! The administration of the running service: for administrators alone, on the local socket and, where the operator
//! allows it, on the public address. One file per subject; what takes two of them is decided in the register.

pub(super) mod audit;
pub(super) mod clock;

use axum::http::{HeaderName, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

/// Answers here are for one administrator's eyes.
const UNKEPT: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// Every route of the administration.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(audit::head))
        .routes(routes!(audit::verify))
        .routes(routes!(clock::clock))
        .routes(routes!(clock::confirm))
}
