//! A page on a loopback address is within reach of every other page that this machine's browser has open:
//! only the gate's own page, and programs, are let through.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use szid_api::problem::{PROBLEM_JSON, ProblemBody, problem_type};
use szid_protocol::reason::Text;
use szid_protocol::told::Row;

/// What whoever is not let through is told.
pub const FOREIGN_PAGE: Row = Row {
    code: "GATE_FOREIGN_PAGE",
    what_zh: "闸机只应答本机的程序和它自己的页面",
    advice: Text {
        zh: "请以 127.0.0.1、[::1] 或 localhost 访问（Host 头），不要从其他网站的页面调用；程序不要发送 Origin 和 Sec-Fetch-Site 头",
        en: "ask at 127.0.0.1, [::1] or localhost (the Host header), and not from another site's page; a program sends no Origin and no Sec-Fetch-Site",
    },
};

/// Refuses requests in the name of other sites (`Origin`, `Sec-Fetch-Site`), and those by a name that only
/// pretends to be this machine (DNS rebinding).
pub(crate) async fn only_own(request: Request, next: Next) -> Response {
    if is_own(request.headers()) { next.run(request).await } else { refused() }
}

fn refused() -> Response {
    let Row { code, what_zh, advice } = FOREIGN_PAGE;
    let body = ProblemBody {
        r#type: problem_type(code),
        title: "a gate answers programs on its machine and its own page".into(),
        title_zh: what_zh.into(),
        status: StatusCode::FORBIDDEN.as_u16(),
        code: code.into(),
        detail: advice.en.into(),
        detail_zh: advice.zh.into(),
        about: None,
    };
    let headers = [(header::CONTENT_TYPE, PROBLEM_JSON)];
    (StatusCode::FORBIDDEN, headers, Json(body)).into_response()
}

fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST.as_str());
    if !host.is_none_or(is_loopback) {
        return false;
    }
    // A browser says where a request comes from; a program says nothing.
    let same_site =
        text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let same_origin = text(header::ORIGIN.as_str())
        .is_none_or(|origin| host.is_some_and(|host| is_of(origin, host)));
    same_site && same_origin
}

/// Whether an origin is this host's, in whatever letters either is written.
fn is_of(origin: &str, host: &str) -> bool {
    origin.strip_prefix("http://").is_some_and(|origin| origin.eq_ignore_ascii_case(host))
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|own| own.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        is_own(&headers)
    }

    #[test]
    fn programs_and_the_own_page_are_let_through() {
        let host = ("host", "127.0.0.1:8090");
        assert!(own(&[]) && own(&[host]) && own(&[("host", "localhost")]));
        assert!(own(&[("host", "[::1]:8090")]));
        // A host's name is the same in any letters (RFC 9110, 4.2.3).
        assert!(own(&[("host", "LOCALHOST:8090"), ("origin", "http://localhost:8090")]));
        assert!(own(&[
            host,
            ("origin", "http://127.0.0.1:8090"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(own(&[host, ("sec-fetch-site", "none")]), "typed into the address line");
    }

    #[test]
    fn other_sites_are_not() {
        let host = ("host", "127.0.0.1:8090");
        for other in [
            ("origin", "https://evil.example"),
            ("origin", "http://127.0.0.1:8091"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(!own(&[host, other]), "{other:?}");
        }
        for host in ["evil.example", "evil.example:8090", "127.0.0.1.evil.example", "", "[::2]:1"] {
            assert!(!own(&[("host", host)]), "{host}");
        }
    }
}
