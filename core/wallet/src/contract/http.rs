//! The contract of [`Http`], at a server on this very machine.

use std::time::Duration;

use zeroize::Zeroizing;

use super::loopback::{Answer, Loopback, POUR, Seen, chunk};
use crate::client::GRACE;
use crate::http::{Http, HttpAnswer, HttpError, HttpMethod, HttpRequest};

/// Time for requests that are answered at once.
const AMPLE: Duration = Duration::from_secs(5);
/// Time for those that are not.
const SHORT: Duration = Duration::from_millis(700);
const BOUND: usize = 40_000;
const BODY: &[u8] = br#"{"error":"invalid_token"}"#;
const STATUSES: [u16; 14] = [200, 201, 202, 400, 401, 403, 404, 405, 409, 410, 413, 429, 500, 503];
const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];
const METHODS: [HttpMethod; 3] = [HttpMethod::Get, HttpMethod::Post, HttpMethod::Delete];

/// Runs the contract of [`Http`] on an implementation: at servers that it starts on 127.0.0.1, without TLS,
/// for about ten seconds. Needs a tokio runtime with its clock.
///
/// # Panics
/// When the contract is broken, or no server can be started; the message says how.
pub async fn http(http: &dyn Http) {
    let start = || Loopback::start(answer).unwrap_or_else(|_| panic!("a server on 127.0.0.1"));
    let (server, other) = (start(), start());
    let check = Check { http, server: &server };
    check.what_is_asked_arrives().await;
    check.every_answer_comes_whole().await;
    check.nothing_is_remembered().await;
    check.no_redirect_is_followed(&other).await;
    check.more_than_the_bound_is_too_large().await;
    check.no_whole_answer_is_unreachable().await;
    check.time_is_bounded().await;
    check.requests_hold_up_no_others().await;
}

struct Check<'a> {
    http: &'a dyn Http,
    server: &'a Loopback,
}

impl Check<'_> {
    fn request(&self, method: HttpMethod, target: &str) -> HttpRequest {
        let (headers, body) = (Vec::new(), Zeroizing::new(Vec::new()));
        let url = self.server.url(target);
        HttpRequest { method, url, headers, body, timeout: AMPLE, max_answer: BOUND }
    }

    fn get(&self, target: &str) -> HttpRequest {
        self.request(HttpMethod::Get, target)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpAnswer, HttpError> {
        let within = request.timeout + GRACE;
        let sent = tokio::time::timeout(within, self.http.send(request)).await;
        sent.unwrap_or_else(|_| panic!("each request ends within its time"))
    }

    async fn asserted(&self, request: HttpRequest, expected: (u16, &[u8]), clause: &str) {
        let answer = self.send(request).await.map(|HttpAnswer { status, body }| (status, body));
        let as_expected =
            answer.as_ref().is_ok_and(|(status, body)| (*status, body.as_slice()) == expected);
        let came = answer.as_ref().map(|(status, body)| (*status, body.len()));
        let expected = (expected.0, expected.1.len());
        assert!(as_expected, "{clause}: status and length {came:?} in place of {expected:?}");
    }

    async fn refused(&self, request: HttpRequest, expected: HttpError, clause: &str) {
        let answer = self.send(request).await.map(|HttpAnswer { status, .. }| status);
        assert!(answer == Err(expected), "{clause}: {answer:?} in place of {expected:?}");
    }

    async fn what_is_asked_arrives(&self) {
        let target = "/asked?name=%E6%98%8E&plus=1%2B2&space=a%20b";
        let body: Vec<u8> = (0..=255).cycle().take(3000).collect();
        for method in METHODS {
            let mut request = self.request(method, target);
            let token = format!("Bearer {}", "aZ9-._~+/".repeat(400));
            request.headers.push(("authorization", Zeroizing::new(token.clone())));
            let (word, has_body) = match method {
                HttpMethod::Get => ("GET", false),
                HttpMethod::Post => ("POST", true),
                HttpMethod::Delete => ("DELETE", false),
            };
            if has_body {
                let kind = "application/x-www-form-urlencoded";
                request.headers.push(("content-type", Zeroizing::new(kind.to_owned())));
                request.body = Zeroizing::new(body.clone());
            }
            self.asserted(request, (200, BODY), "an answer comes").await;
            let seen = self.last("/asked");
            assert_eq!(seen.method, word, "the method is kept");
            assert_eq!(seen.target, target, "the address is kept, letter for letter");
            assert!(seen.header("authorization") == [token], "a header is sent as it is, once");
            let expected: &[u8] = if has_body { &body } else { &[] };
            assert!(seen.body == expected, "the body is sent as it is, with its length");
            if has_body {
                let kind = seen.header("content-type");
                assert_eq!(kind, ["application/x-www-form-urlencoded"], "so is its type");
            }
        }
        let bare = self.request(HttpMethod::Post, "/asked");
        self.asserted(bare, (200, BODY), "a POST may have no body").await;
        let seen = self.last("/asked");
        assert!(seen.method == "POST" && seen.body.is_empty(), "a POST without a body stays one");
    }

    fn last(&self, path: &str) -> Seen {
        let seen = self.server.seen(path).pop();
        seen.unwrap_or_else(|| panic!("what is asked reaches the server"))
    }

    async fn every_answer_comes_whole(&self) {
        for status in STATUSES {
            for method in METHODS {
                let mut request = self.request(method, &format!("/status/{status}"));
                if method == HttpMethod::Post {
                    request.body = Zeroizing::new(b"a=b".to_vec());
                }
                let clause = "each status comes with its body";
                self.asserted(request, (status, BODY), clause).await;
            }
        }
        self.asserted(self.get("/status/204"), (204, b""), "an answer may have no body").await;
        for how in ["upper", "lower", "chunked", "until-closed"] {
            let clause = "an answer comes whole, however its length is told";
            self.asserted(self.get(&format!("/{how}")), (200, BODY), clause).await;
        }
    }

    async fn nothing_is_remembered(&self) {
        for times in ["0", "1"] {
            let request = self.get("/cached");
            self.asserted(request, (200, times.as_bytes()), "nothing is cached").await;
        }
        let seen = self.server.seen("/cached");
        let is_free = |name| seen.iter().all(|seen| seen.header(name).is_empty());
        assert!(is_free("if-none-match"), "nothing is asked about what came before");
        assert!(is_free("cookie"), "no cookie is kept");
    }

    async fn no_redirect_is_followed(&self, other: &Loopback) {
        for status in REDIRECTS {
            for method in [HttpMethod::Get, HttpMethod::Post] {
                let port = other.url("").rsplit(':').next().unwrap_or_default().to_owned();
                for target in [format!("/to/{status}/here"), format!("/to/{status}/{port}")] {
                    let answer = self.send(self.request(method, &target)).await;
                    let status_is_told = answer.is_ok_and(|answer| answer.status == status);
                    let is_followed = other.count() > 0 || !self.server.seen("/there").is_empty();
                    assert!(!is_followed, "no redirect is followed");
                    assert!(status_is_told, "a redirect comes as an answer");
                }
            }
        }
    }

    async fn more_than_the_bound_is_too_large(&self) {
        let whole = vec![b'x'; BOUND];
        for how in ["length", "chunks", "until-closed"] {
            let size = |size: usize| self.get(&format!("/large/{how}/{size}"));
            self.asserted(size(BOUND), (200, &whole), "an answer may be as long as the bound")
                .await;
            let clause = "an answer beyond the bound is too large";
            self.refused(size(BOUND + 1), HttpError::TooLarge, clause).await;
        }
        let refusal = self.get(&format!("/large/refusal/{}", BOUND + 1));
        self.refused(refusal, HttpError::TooLarge, "so is a refusal beyond it").await;
        let clause = "an answer without an end is too large";
        self.refused(self.get("/pour"), HttpError::TooLarge, clause).await;
        assert!(self.server.poured() < POUR / 2, "reading stops at the bound");
    }

    async fn no_whole_answer_is_unreachable(&self) {
        let unreachable = HttpError::Unreachable;
        for how in ["length", "chunks"] {
            let cut = self.get(&format!("/cut/{how}"));
            self.refused(cut, unreachable, "an answer that is cut short is none").await;
        }
        for what in ["/not-http", "/hang-up"] {
            self.refused(self.get(what), unreachable, "what is no answer is none").await;
        }
        let mut post = self.request(HttpMethod::Post, "/hang-up?post");
        post.body = Zeroizing::new(b"a=b".to_vec());
        self.refused(post, unreachable, "what is no answer is none").await;
        let posts = self.server.seen("/hang-up");
        let posts = posts.iter().filter(|seen| seen.method == "POST").count();
        assert_eq!(posts, 1, "a POST is sent once");
        let mut refused = self.get("/");
        refused.url = Loopback::nobody().unwrap_or_else(|_| panic!("an address on 127.0.0.1"));
        self.refused(refused, unreachable, "where nobody listens, nobody is reached").await;
    }

    async fn time_is_bounded(&self) {
        for what in ["/silence", "/drip/head", "/drip/body"] {
            let late = HttpRequest { timeout: SHORT, ..self.get(what) };
            let clause = "an answer that does not come in time is none";
            self.refused(late, HttpError::Unreachable, clause).await;
        }
    }

    async fn requests_hold_up_no_others(&self) {
        let long = HttpRequest { timeout: 3 * AMPLE, ..self.get("/silence") };
        let mut given_up = self.http.send(long);
        let waited = tokio::time::timeout(SHORT, &mut given_up).await;
        assert!(waited.is_err(), "an answer that does not come is waited for");
        self.prompt("one that waits holds up no other").await;
        drop(given_up);
        self.prompt("one that was given up holds up no other").await;
    }

    /// What is answered at once comes at once.
    async fn prompt(&self, clause: &str) {
        let sent = tokio::time::timeout(AMPLE, self.http.send(self.get("/asked"))).await;
        assert!(sent.is_ok_and(|sent| sent.is_ok_and(|answer| answer.status == 200)), "{clause}");
    }
}

/// What the server answers, by the path.
fn answer(seen: &Seen, before: usize) -> Answer {
    let path = seen.target.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let number = |at: usize| parts.get(at).and_then(|part| part.parse::<usize>().ok()).unwrap_or(0);
    match parts.as_slice() {
        ["asked"] => with_length("200 OK", BODY),
        ["status", "204"] => {
            Answer::Bytes(b"HTTP/1.1 204 None\r\nconnection: close\r\n\r\n".to_vec())
        }
        ["status", "401"] => {
            with_length("401 Told\r\nwww-authenticate: Bearer error=\"invalid_token\"", BODY)
        }
        ["status", status] => with_length(&format!("{status} Told"), BODY),
        ["upper"] => {
            let head = format!("HTTP/1.1 200 OK\r\nCONTENT-LENGTH: {}\r\n", BODY.len());
            bytes(&(head + "CONNECTION: CLOSE\r\n\r\n"), BODY)
        }
        ["lower"] => with_length("200 OK", BODY),
        ["chunked"] => {
            let (first, rest) = BODY.split_at(7);
            bytes(CHUNKED, &[chunk(first), chunk(rest), chunk(b"")].concat())
        }
        ["until-closed"] => bytes(UNTIL_CLOSED, BODY),
        ["cached"] => with_length(
            "200 OK\r\ncache-control: public, max-age=3600\r\netag: \"1\"\r\nset-cookie: id=1; path=/",
            before.to_string().as_bytes(),
        ),
        ["to", status, "here"] => with_length(&format!("{status} Moved\r\nlocation: /there"), b""),
        ["to", status, port] => {
            let to = format!("{status} Moved\r\nlocation: http://127.0.0.1:{port}/there");
            with_length(&to, b"")
        }
        ["large", "length", _] => with_length("200 OK", &vec![b'x'; number(2)]),
        ["large", "refusal", _] => with_length("400 Bad", &vec![b'x'; number(2)]),
        ["large", "chunks", _] => {
            let body = vec![b'x'; number(2)];
            let chunks: Vec<_> = body.chunks(9_999).chain([&[][..]]).map(chunk).collect();
            bytes(CHUNKED, &chunks.concat())
        }
        ["large", _, _] => bytes(UNTIL_CLOSED, &vec![b'x'; number(2)]),
        ["pour"] => Answer::Pour(CHUNKED.into()),
        ["cut", "length"] => bytes("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n", BODY),
        ["cut", _] => bytes(CHUNKED, &chunk(BODY)),
        ["not-http"] => bytes("SSH-2.0-OpenSSH_9.6\r\n", b""),
        ["drip", "head"] => Answer::Drip(b"HTTP/1.1 200 OK\r\nx-long: ".to_vec(), b'x'),
        ["drip", _] => {
            Answer::Drip(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n".to_vec(), b'x')
        }
        ["silence"] => Answer::Silence,
        _ => Answer::Bytes(Vec::new()),
    }
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
const UNTIL_CLOSED: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";

fn with_length(first: &str, body: &[u8]) -> Answer {
    let length = body.len();
    bytes(
        &format!("HTTP/1.1 {first}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"),
        body,
    )
}

fn bytes(head: &str, body: &[u8]) -> Answer {
    Answer::Bytes([head.as_bytes(), body].concat())
}
