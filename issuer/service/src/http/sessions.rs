//! The cookies and the tokens of the pages' sessions, as browsers send them.

use axum::http::{HeaderMap, header};
use cookie::{Cookie, SameSite};
use data_encoding::BASE64URL_NOPAD;
use szid_register::entropy::Entropy;
use time::Duration;

use super::Problem;
use crate::access::{self, AccessFault, Living, SECRET_BYTES, SESSION_SECONDS, Sessions};
use crate::service::Service;

/// How long a browser keeps a session's cookie.
const LIFE: Duration = Duration::seconds(SESSION_SECONDS.cast_signed());
/// The token's header.
pub(super) const TOKEN_HEADER: &str = "x-csrf-token";

/// A session that was just opened.
pub(super) struct Opened {
    /// The value of `Set-Cookie`.
    pub(super) cookie: String,
    pub(super) token: String,
    pub(super) expires: u64,
}

/// For which page: each has a cookie of its own, so that one browser may be signed in to both.
#[derive(Clone, Copy)]
enum Page {
    Desk,
    Operator,
}

/// The sessions of a page, by its cookie.
#[derive(Clone, Copy)]
pub(super) struct PageSessions<'a> {
    page: Page,
    /// Whether the service is reached over TLS.
    secure: bool,
    sessions: &'a Sessions,
}

impl<'a> PageSessions<'a> {
    /// Those of the desk console.
    pub(super) fn of_desks(service: &'a Service) -> Self {
        Self::of(Page::Desk, service, &service.access.sessions)
    }

    /// Those of the operators' page.
    pub(super) fn of_operators(service: &'a Service) -> Self {
        Self::of(Page::Operator, service, &service.access.operator_sessions)
    }

    fn of(page: Page, service: &Service, sessions: &'a Sessions) -> Self {
        Self { page, secure: service.common.base_url.starts_with("https://"), sessions }
    }

    /// The prefix makes browsers refuse a cookie that another host, path or plain HTTP has set.
    fn name(self) -> &'static str {
        match (self.page, self.secure) {
            (Page::Desk, true) => "__Host-szid-session",
            (Page::Desk, false) => "szid-session",
            (Page::Operator, true) => "__Host-szid-operator",
            (Page::Operator, false) => "szid-operator",
        }
    }

    fn cookie(self, value: String, life: Duration) -> String {
        Cookie::build((self.name(), value))
            .http_only(true)
            .same_site(SameSite::Strict)
            .secure(self.secure)
            .path("/")
            .max_age(life)
            .build()
            .to_string()
    }

    /// The secret of the session that a request names, living or not.
    fn secret(self, headers: &HeaderMap) -> Option<[u8; SECRET_BYTES]> {
        let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut cookies = values.flat_map(Cookie::split_parse).filter_map(Result::ok);
        let own = cookies.find(|cookie| cookie.name() == self.name())?;
        BASE64URL_NOPAD.decode(own.value().as_bytes()).ok()?.try_into().ok()
    }

    /// Opens a session for a credential that was found good.
    pub(super) fn open(
        self,
        credential: [u8; 32],
        entropy: &dyn Entropy,
        now: u64,
    ) -> Result<Opened, AccessFault> {
        let access::Opened { secret, token, expires } =
            self.sessions.open(credential, entropy, now)?;
        let cookie = self.cookie(BASE64URL_NOPAD.encode(&secret), LIFE);
        Ok(Opened { cookie, token, expires })
    }

    /// The living session that a request names.
    pub(super) fn find(self, headers: &HeaderMap, now: u64) -> Option<Living> {
        self.sessions.find(&self.secret(headers)?, now)
    }

    /// Ends the session that a request names; returns the cookie that makes the browser forget it.
    pub(super) fn close(self, headers: &HeaderMap) -> String {
        if let Some(secret) = self.secret(headers) {
            self.sessions.close(&secret);
        }
        self.cookie(String::new(), Duration::ZERO)
    }
}

/// Checks that the request comes from the page: another site can make a browser send the cookie, but not
/// this.
pub(super) fn check_token(living: &Living, headers: &HeaderMap) -> Result<(), Problem> {
    let sent = headers.get(TOKEN_HEADER).map_or(&[][..], |value| value.as_bytes());
    if living.has_token(sent) { Ok(()) } else { Err(Problem::SessionToken) }
}

#[cfg(test)]
mod tests {
    use szid_register::entropy::SystemEntropy;

    use super::*;

    fn page(page: Page, secure: bool, sessions: &Sessions) -> PageSessions<'_> {
        PageSessions { page, secure, sessions }
    }

    fn sends(cookie: &str) -> HeaderMap {
        let pair = cookie.split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("a=b; {pair}; c=d").parse().unwrap());
        headers
    }

    #[test]
    fn a_session_lives_twelve_hours_or_until_it_is_closed() {
        let living = Sessions::default();
        let sessions = page(Page::Desk, true, &living);
        let opened = sessions.open([7; 32], &SystemEntropy, 1000).unwrap();
        assert!(opened.cookie.starts_with("__Host-szid-session="), "{}", opened.cookie);
        assert!(
            opened.cookie.ends_with("; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=43200")
        );
        let headers = sends(&opened.cookie);
        assert_eq!(sessions.find(&headers, opened.expires - 1).unwrap().credential, [7; 32]);
        assert!(sessions.find(&headers, opened.expires).is_none());
        let others = Sessions::default();
        let other = page(Page::Operator, true, &others);
        let other = other.open([7; 32], &SystemEntropy, 1000).unwrap();
        assert!(other.cookie.starts_with("__Host-szid-operator="), "{}", other.cookie);
        assert!(page(Page::Desk, true, &others).find(&headers, 1000).is_none());
        assert!(page(Page::Operator, true, &living).find(&headers, 1000).is_none(), "another name");
        assert!(sessions.close(&headers).contains("Max-Age=0"));
        assert!(sessions.find(&headers, 1000).is_none());
    }

    #[test]
    fn the_token_must_be_the_sessions_own() {
        let sessions = Sessions::default();
        let sessions = page(Page::Desk, false, &sessions);
        let [first, second] =
            [0, 1].map(|at| sessions.open([at; 32], &SystemEntropy, 1000).unwrap());
        let mut headers = sends(&first.cookie);
        let living = sessions.find(&headers, 1000).unwrap();
        assert_eq!(check_token(&living, &headers), Err(Problem::SessionToken));
        for (token, good) in [(&second.token, false), (&String::new(), false), (&first.token, true)]
        {
            headers.insert(TOKEN_HEADER, token.parse().unwrap());
            assert_eq!(check_token(&living, &headers).is_ok(), good);
        }
    }
}
