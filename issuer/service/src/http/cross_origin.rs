//! What pages of other origins may read: what is published for anyone, and never with a page's cookies.

use std::time::Duration;

use axum::Router;
use axum::http::{Method, header};
use tower_http::cors::{Any, CorsLayer};

/// How long a browser need not ask again whether it may, seconds.
const KEPT_FOR: Duration = Duration::from_secs(86_400);

/// The same routes, for any page in any browser (Fetch, section 3.3). Outermost, so that a page can read why
/// it was refused, too.
pub(super) fn for_any_page(routes: Router) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET])
        .allow_headers([header::IF_NONE_MATCH])
        .expose_headers([header::ETAG, header::RETRY_AFTER])
        // The answer is the same whoever asks: caches keep one.
        .vary([])
        .max_age(KEPT_FOR);
    routes.layer(cors)
}
