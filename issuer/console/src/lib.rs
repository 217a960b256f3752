//! The pages of a venue, and the routes that serve them: the desk console for staff with a scanner, the
//! operators' page, and a page of links at the root.
//!
//! A page asks the program that serves it for everything, relative to where it lies: its session and `v1`.
//! Nothing comes from elsewhere, and the headers see to it that nothing could.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod reasons;

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Only what the page itself needs, and nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; media-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What every file is served with. `no-cache` means: kept, but asked for again by its tag, so that an update
/// counts at once.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-cache"),
];

#[derive(Clone, Copy)]
struct Asset {
    path: &'static str,
    media_type: &'static str,
    text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";

macro_rules! assets {
    ($folder:literal, $($path:literal, $media_type:ident, $file:literal;)+) => {
        &[$(Asset {
            path: concat!($folder, $path),
            media_type: $media_type,
            text: include_str!(concat!("../assets/", $file)),
        }),+]
    };
}

const CONSOLE: &[Asset] = assets! {
    "/console/",
    "", HTML, "index.html";
    "console.css", STYLE, "console.css";
    "console.js", SCRIPT, "console.js";
    "camera.js", SCRIPT, "camera.js";
    "conditions.js", SCRIPT, "conditions.js";
    "entry.js", SCRIPT, "entry.js";
    "matter.js", SCRIPT, "matter.js";
    "reader.js", SCRIPT, "reader.js";
    "service.js", SCRIPT, "service.js";
    "sound.js", SCRIPT, "sound.js";
    "turned.js", SCRIPT, "turned.js";
    "turns.js", SCRIPT, "turns.js";
    "venue-code.js", SCRIPT, "venue-code.js";
    "verdict.js", SCRIPT, "verdict.js";
    "words.js", SCRIPT, "words.js";
};

/// A decoder of QR codes that others wrote (assets/vendor/qr), for cameras in browsers without one: fetched
/// when it is needed.
const DECODER: &[Asset] = assets! {
    "/console/vendor/qr/",
    "decode.js", SCRIPT, "vendor/qr/decode.js";
    "index.js", SCRIPT, "vendor/qr/index.js";
};

/// It takes styles and scripts of the console as well.
const OPERATOR: &[Asset] = assets! {
    "/operator/",
    "", HTML, "operator/index.html";
    "operator.css", STYLE, "operator/operator.css";
    "operator.js", SCRIPT, "operator/operator.js";
    "tables.js", SCRIPT, "operator/tables.js";
    "words.js", SCRIPT, "operator/words.js";
};

/// The root is a page of links.
const SERVICE_HOME: &[Asset] = assets! { "/", "", HTML, "home/service.html"; };
const GATE_HOME: &[Asset] = assets! { "/", "", HTML, "home/gate.html"; };

/// What the operators' page lists as reasons, from the one catalogue of them.
fn reasons() -> Asset {
    Asset { path: "/operator/reasons.json", media_type: JSON, text: reasons::list() }
}

fn desk() -> impl Iterator<Item = Asset> {
    CONSOLE.iter().chain(DECODER).copied()
}

fn operator() -> impl Iterator<Item = Asset> {
    OPERATOR.iter().copied().chain([reasons()])
}

fn assets() -> impl Iterator<Item = Asset> {
    desk().chain(operator()).chain(SERVICE_HOME.iter().copied())
}

/// The pages of a service: the desk console under `/console/`, the operators' page under `/operator/`, links
/// at `/`.
pub fn service_router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    serve(assets())
        .merge(without_slash("/console", "console/"))
        .merge(without_slash("/operator", "operator/"))
}

/// The pages of a gate: the desk console under `/console/`, links at `/`.
pub fn gate_router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let served = serve(desk().chain(GATE_HOME.iter().copied()));
    served.merge(without_slash("/console", "console/"))
}

/// A page that a program makes, kept by nobody.
pub fn page(html: &str) -> Response {
    let mut response = ([(header::CONTENT_TYPE, HTML)], html.to_owned()).into_response();
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn without_slash<S: Clone + Send + Sync + 'static>(
    folder: &str,
    relative: &'static str,
) -> Router<S> {
    // Relative, so that a proxy may put the whole service below a path of its own.
    let to = get(async move || (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, relative)]));
    Router::new().route(folder, to)
}

fn serve<S: Clone + Send + Sync + 'static>(assets: impl Iterator<Item = Asset>) -> Router<S> {
    assets.fold(Router::new(), |router, asset| {
        let tag = tag(asset.text);
        router.route(asset.path, get(async move |headers: HeaderMap| answer(asset, &tag, &headers)))
    })
}

/// Names the text: another text has another tag.
fn tag(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

fn answer(asset: Asset, tag: &str, asked: &HeaderMap) -> Response {
    let known = asked.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let has_it = known.is_some_and(|known| {
        let mut tags = known.split(',').map(str::trim);
        tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
    });
    let of_file = [(header::ETAG, tag), (header::CONTENT_TYPE, asset.media_type)];
    if has_it {
        (StatusCode::NOT_MODIFIED, HEADERS, of_file).into_response()
    } else {
        (HEADERS, of_file, asset.text).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn fetch(path: &str, tag: Option<&str>) -> Response {
        let mut request = Request::get(path);
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        service_router::<()>().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn every_file_has_the_strict_headers() {
        for asset in assets() {
            let response = fetch(asset.path, None).await;
            assert_eq!(response.status(), StatusCode::OK, "{}", asset.path);
            for (name, value) in HEADERS {
                assert_eq!(response.headers()[&name], value, "{} {name}", asset.path);
            }
            assert_eq!(response.headers()[header::CONTENT_TYPE], asset.media_type);
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            assert_eq!(body, asset.text);
        }
        assert!(POLICY.starts_with("default-src 'none';") && !POLICY.contains("unsafe"));
    }

    #[tokio::test]
    async fn a_file_that_the_browser_has_is_not_sent_again() {
        for asset in assets() {
            let first = fetch(asset.path, None).await;
            let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
            for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}")] {
                let again = fetch(asset.path, Some(&known)).await;
                assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{known}");
                assert_eq!(again.headers()[header::ETAG], tag.as_str());
                assert_eq!(again.headers()[header::CONTENT_SECURITY_POLICY], POLICY);
            }
            assert_eq!(fetch(asset.path, Some("\"x\"")).await.status(), StatusCode::OK);
        }
    }

    #[tokio::test]
    async fn a_page_of_links_leads_to_pages_that_are_there() {
        for (home, router) in [(SERVICE_HOME, service_router()), (GATE_HOME, gate_router::<()>())] {
            let root = Request::get("/").body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(root).await.unwrap();
            assert_eq!(answer.headers()[header::CONTENT_TYPE], HTML);
            let links = home[0].text.split(" href=\"").skip(1);
            let pages =
                links.filter_map(|rest| rest.split('"').next()).filter(|to| to.ends_with('/'));
            for page in pages {
                let linked = Request::get(format!("/{page}")).body(Body::empty()).unwrap();
                let answer = router.clone().oneshot(linked).await.unwrap();
                assert_eq!(answer.status(), StatusCode::OK, "{page}");
            }
        }
    }

    #[tokio::test]
    async fn the_folder_is_found_without_its_slash() {
        for folder in ["console", "operator"] {
            let response = fetch(&format!("/{folder}"), None).await;
            assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
            assert_eq!(response.headers()[header::LOCATION], format!("{folder}/"));
        }
    }

    #[test]
    fn the_files_need_nothing_that_the_policy_refuses() {
        for Asset { path, text, .. } in DECODER {
            for needle in ["eval(", "new Function", "innerHTML", "fetch(", "XMLHttp", "WebSocket"] {
                assert!(!text.contains(needle), "{path}: {needle}");
            }
        }
        let own = CONSOLE.iter().chain(OPERATOR).chain(SERVICE_HOME).chain(GATE_HOME);
        for Asset { path, text, .. } in own {
            // A file from elsewhere; styles and scripts within the page; markup out of texts.
            for needle in [
                "://",
                "url(",
                "<style",
                " style=",
                " onclick=",
                "<script>",
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "eval(",
                "document.write",
            ] {
                assert!(!text.contains(needle), "{path}: {needle}");
            }
        }
        for (pages, script, style) in [
            (CONSOLE, "src=\"console.js\"", "href=\"console.css\""),
            (OPERATOR, "src=\"operator.js\"", "href=\"operator.css\""),
        ] {
            assert!(pages[0].text.contains(script) && pages[0].text.contains(style));
        }
    }

    #[test]
    fn every_module_that_a_script_imports_is_served() {
        for Asset { path, text, .. } in assets() {
            let folder = &path[..=path.rfind('/').unwrap()];
            for import in text.lines().filter(|line| line.starts_with("import ")) {
                let quoted = import.trim_end_matches(['"', '\'', ';']);
                let name = quoted.rsplit(['"', '\'']).next().unwrap();
                let file = match name.strip_prefix("./") {
                    Some(own) => format!("{folder}{own}"),
                    None => name.replacen("..", "", 1),
                };
                assert!(assets().any(|asset| asset.path == file), "{path}: {import}");
            }
        }
    }
}
