//! Sessions of the pages: a secret that scripts cannot read stands for a bearer credential, and whoever sends
//! it must also know the session's token, which only the page itself can read. They live in memory: a restart
//! ends them all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use szid_register::entropy::{Entropy, make_random};

use super::AccessFault;

/// A shift and its handing over, seconds.
pub(crate) const SESSION_SECONDS: u64 = 12 * 3600;
pub(crate) const SECRET_BYTES: usize = 32;
/// Sessions at once, of all venues; an entry takes about 150 bytes.
const MAX_SESSIONS: usize = 20_000;
/// Sessions of one credential at once: one more ends the oldest, so that nobody can fill the memory with one
/// credential.
const MAX_OF_CREDENTIAL: usize = 8;

type Hash = [u8; 32];

struct Session {
    credential: Hash,
    token: String,
    expires: u64,
}

/// A living session, as a request sees it.
pub(crate) struct Living {
    /// The SHA-256 of the credential that opened it.
    pub(crate) credential: Hash,
    pub(crate) token: String,
    pub(crate) expires: u64,
}

/// A session that was just opened.
pub(crate) struct Opened {
    pub(crate) secret: [u8; SECRET_BYTES],
    pub(crate) token: String,
    pub(crate) expires: u64,
}

/// The living sessions of a page, by the SHA-256 of their secret.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<Hash, Session>>);

impl Sessions {
    fn living(&self) -> MutexGuard<'_, HashMap<Hash, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session for a credential that was found good.
    pub(crate) fn open(
        &self,
        credential: Hash,
        entropy: &dyn Entropy,
        now: u64,
    ) -> Result<Opened, AccessFault> {
        let secret = make_random::<SECRET_BYTES>(entropy)?;
        let token = BASE64URL_NOPAD.encode(&make_random::<32>(entropy)?);
        let expires = now + SESSION_SECONDS;
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
            return Err(AccessFault::NoPlace);
        }
        let session = Session { credential, token: token.clone(), expires };
        living.insert(Sha256::digest(secret).into(), session);
        Ok(Opened { secret, token, expires })
    }

    /// The living session with a secret.
    pub(crate) fn find(&self, secret: &[u8; SECRET_BYTES], now: u64) -> Option<Living> {
        let key: Hash = Sha256::digest(secret).into();
        let living = self.living();
        let session = living.get(&key).filter(|session| session.expires > now)?;
        let Session { credential, token, expires } = session;
        Some(Living { credential: *credential, token: token.clone(), expires: *expires })
    }

    /// Ends the session with a secret.
    pub(crate) fn close(&self, secret: &[u8; SECRET_BYTES]) {
        let key: Hash = Sha256::digest(secret).into();
        self.living().remove(&key);
    }
}

impl Living {
    /// Whether this is the session's token.
    pub(crate) fn has_token(&self, sent: &[u8]) -> bool {
        sent.ct_eq(self.token.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use szid_register::entropy::SystemEntropy;

    use super::*;

    #[test]
    fn one_credential_has_few_sessions_and_all_have_a_bound() {
        let sessions = Sessions::default();
        let first = sessions.open([1; 32], &SystemEntropy, 0).unwrap();
        for at in 1..=MAX_OF_CREDENTIAL as u64 {
            sessions.open([1; 32], &SystemEntropy, at).unwrap();
        }
        assert!(sessions.find(&first.secret, 1).is_none(), "the oldest has ended");
        assert_eq!(sessions.living().len(), MAX_OF_CREDENTIAL);
        sessions.living().extend((0..MAX_SESSIONS as u64).map(|at| {
            let key = Sha256::digest(at.to_be_bytes()).into();
            (key, Session { credential: key, token: String::new(), expires: 100 })
        }));
        assert_eq!(sessions.open([2; 32], &SystemEntropy, 50).err(), Some(AccessFault::NoPlace));
        assert!(sessions.open([2; 32], &SystemEntropy, 100).is_ok(), "what has run out makes room");
    }
}
