//! What pages of other origins may read: what is published for anyone, and never with a page's cookies.

use std::time::Duration;

use axum::http::{Method, header};
use tower_http::cors::{Any, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

use super::{App, Problem};

/// How long a browser need not ask again whether it may, seconds.
const KEPT_FOR: Duration = Duration::from_secs(86_400);

/// The same routes, for any page in any browser (Fetch, section 3.3).
pub(super) fn for_any_page(routes: OpenApiRouter<App>) -> OpenApiRouter<App> {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET])
        .allow_headers([header::IF_NONE_MATCH])
        .expose_headers([header::ETAG, header::RETRY_AFTER])
        // The answer is the same whoever asks: caches keep one.
        .vary([])
        .max_age(KEPT_FOR);
    let (router, description) = routes.split_for_parts();
    // Set before the layer: a browser's question comes by a method that no route takes.
    let router = router.method_not_allowed_fallback(|| async { Problem::MethodNotAllowed });
    let mut routes = OpenApiRouter::from(router.layer(cors));
    *routes.get_openapi_mut() = description;
    routes
}
