//! Sessions of the pages: a cookie that scripts cannot read stands for a bearer credential, and whoever sends
//! it must also know the session's token, which only the page itself can read. They live in memory: a restart
//! ends them all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, header};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Problem;
use crate::entropy::{Entropy, make_random};

/// A shift and its handing over, seconds.
const LIFE: u64 = 12 * 3600;
/// Sessions at once, of all venues; an entry takes about 150 bytes.
const MAX_SESSIONS: usize = 20_000;
/// Sessions of one credential at once: one more ends the oldest, so that nobody can fill the memory with one
/// credential.
const MAX_OF_CREDENTIAL: usize = 8;
/// The token's header.
pub(super) const TOKEN_HEADER: &str = "x-csrf-token";

type Hash = [u8; 32];

struct Session {
    credential: Hash,
    token: String,
    expires: u64,
}

/// A living session, as a request sees it.
pub(super) struct Living {
    /// The SHA-256 of the credential that opened it.
    pub(super) credential: Hash,
    pub(super) token: String,
    pub(super) expires: u64,
}

/// A session that was just opened.
pub(super) struct Opened {
    /// The value of `Set-Cookie`.
    pub(super) cookie: String,
    pub(super) token: String,
    pub(super) expires: u64,
}

/// For which page: each has a cookie of its own, so that one browser may be signed in to both.
#[derive(Clone, Copy)]
pub(crate) enum Page {
    Desk,
    Operator,
}

/// The living sessions of a page, by the SHA-256 of their cookie's value.
pub(crate) struct Sessions {
    page: Page,
    secure: bool,
    living: Mutex<HashMap<Hash, Session>>,
}

impl Sessions {
    /// `secure` where the service is reached over TLS.
    pub(crate) fn new(page: Page, secure: bool) -> Self {
        Self { page, secure, living: Mutex::default() }
    }

    fn living(&self) -> MutexGuard<'_, HashMap<Hash, Session>> {
        self.living.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The prefix makes browsers refuse a cookie that another host, path or plain HTTP has set.
    fn name(&self) -> &'static str {
        match (self.page, self.secure) {
            (Page::Desk, true) => "__Host-szid-session",
            (Page::Desk, false) => "szid-session",
            (Page::Operator, true) => "__Host-szid-operator",
            (Page::Operator, false) => "szid-operator",
        }
    }

    fn cookie(&self, value: &str, life: u64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.name();
        format!("{name}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={life}{secure}")
    }

    /// The key of the session that a request names, living or not.
    fn key(&self, headers: &HeaderMap) -> Option<Hash> {
        let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == self.name()).then_some(value)
        });
        let secret = BASE64URL_NOPAD.decode(pairs.next()?.as_bytes()).ok()?;
        (secret.len() == 32).then(|| Sha256::digest(secret).into())
    }

    /// Opens a session for a credential that was found good.
    pub(super) fn open(
        &self,
        credential: Hash,
        entropy: &dyn Entropy,
        now: u64,
    ) -> Result<Opened, Problem> {
        let secret = make_random::<32>(entropy)?;
        let token = BASE64URL_NOPAD.encode(&make_random::<32>(entropy)?);
        let expires = now + LIFE;
        let mut living = self.living();
        living.retain(|_, session| session.expires > now);
        let own = living.iter().filter(|(_, session)| session.credential == credential);
        let own: Vec<(u64, Hash)> = own.map(|(key, session)| (session.expires, *key)).collect();
        if own.len() >= MAX_OF_CREDENTIAL
            && let Some((_, oldest)) = own.iter().min()
        {
            living.remove(oldest);
        }
        if living.len() >= MAX_SESSIONS {
            tracing::warn!("more console sessions than can be remembered");
            return Err(Problem::Busy);
        }
        let session = Session { credential, token: token.clone(), expires };
        living.insert(Sha256::digest(secret).into(), session);
        let cookie = self.cookie(&BASE64URL_NOPAD.encode(&secret), LIFE);
        Ok(Opened { cookie, token, expires })
    }

    /// The living session that a request names.
    pub(super) fn find(&self, headers: &HeaderMap, now: u64) -> Option<Living> {
        let key = self.key(headers)?;
        let living = self.living();
        let session = living.get(&key).filter(|session| session.expires > now)?;
        let Session { credential, token, expires } = session;
        Some(Living { credential: *credential, token: token.clone(), expires: *expires })
    }

    /// Ends the session that a request names; returns the cookie that makes the browser forget it.
    pub(super) fn close(&self, headers: &HeaderMap) -> String {
        if let Some(key) = self.key(headers) {
            self.living().remove(&key);
        }
        self.cookie("", 0)
    }
}

impl Living {
    /// Checks that the request comes from the page: another site can make a browser send the cookie, but not
    /// this.
    pub(super) fn check_token(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let sent = headers.get(TOKEN_HEADER).map_or(&[][..], |value| value.as_bytes());
        if bool::from(sent.ct_eq(self.token.as_bytes())) {
            Ok(())
        } else {
            Err(Problem::SessionToken)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    fn sends(cookie: &str) -> HeaderMap {
        let pair = cookie.split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("a=b; {pair}; c=d").parse().unwrap());
        headers
    }

    #[test]
    fn a_session_lives_twelve_hours_or_until_it_is_closed() {
        let sessions = Sessions::new(Page::Desk, true);
        let opened = sessions.open([7; 32], &SystemEntropy, 1000).unwrap();
        assert!(opened.cookie.starts_with("__Host-szid-session="), "{}", opened.cookie);
        assert!(
            opened.cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200; Secure")
        );
        let headers = sends(&opened.cookie);
        assert_eq!(sessions.find(&headers, opened.expires - 1).unwrap().credential, [7; 32]);
        assert!(sessions.find(&headers, opened.expires).is_none());
        let other =
            Sessions::new(Page::Operator, true).open([7; 32], &SystemEntropy, 1000).unwrap();
        assert!(other.cookie.starts_with("__Host-szid-operator="), "{}", other.cookie);
        assert!(Sessions::new(Page::Desk, true).find(&headers, 1000).is_none());
        assert!(sessions.close(&headers).contains("Max-Age=0"));
        assert!(sessions.find(&headers, 1000).is_none());
    }

    #[test]
    fn the_token_must_be_the_sessions_own() {
        let sessions = Sessions::new(Page::Desk, false);
        let [first, second] =
            [0, 1].map(|at| sessions.open([at; 32], &SystemEntropy, 1000).unwrap());
        let mut headers = sends(&first.cookie);
        let living = sessions.find(&headers, 1000).unwrap();
        assert_eq!(living.check_token(&headers), Err(Problem::SessionToken));
        for (token, good) in [(&second.token, false), (&String::new(), false), (&first.token, true)]
        {
            headers.insert(TOKEN_HEADER, token.parse().unwrap());
            assert_eq!(living.check_token(&headers).is_ok(), good);
        }
    }

    #[test]
    fn one_credential_has_few_sessions_and_all_have_a_bound() {
        let sessions = Sessions::new(Page::Desk, false);
        let first = sessions.open([1; 32], &SystemEntropy, 0).unwrap();
        for at in 1..=MAX_OF_CREDENTIAL as u64 {
            sessions.open([1; 32], &SystemEntropy, at).unwrap();
        }
        assert!(sessions.find(&sends(&first.cookie), 1).is_none(), "the oldest has ended");
        assert_eq!(sessions.living().len(), MAX_OF_CREDENTIAL);
        sessions.living().extend((0..MAX_SESSIONS as u64).map(|at| {
            let key = Sha256::digest(at.to_be_bytes()).into();
            (key, Session { credential: key, token: String::new(), expires: 100 })
        }));
        assert_eq!(sessions.open([2; 32], &SystemEntropy, 50).err(), Some(Problem::Busy));
        assert!(sessions.open([2; 32], &SystemEntropy, 100).is_ok(), "what has run out makes room");
    }
}
