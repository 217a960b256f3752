//! Sessions of the pages: a secret that scripts cannot read stands for a bearer credential, and whoever sends
//! it must also know the session's token, which only the page itself can read. They live in memory: a restart
//! ends them all.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use szid_register::entropy::{Entropy, make_random};

use super::AccessFault;
use crate::shared::{Bounds, Mail, Mailbox, OwnerFull};

/// A shift and its handing over, seconds.
pub(crate) const SESSION_SECONDS: u64 = 12 * 3600;
pub(crate) const SECRET_BYTES: usize = 32;
/// Sessions at once, of all venues; one takes about 400 bytes.
const MAX_SESSIONS: usize = 20_000;
/// Sessions of one credential at once: one more ends the oldest, so that nobody can fill the memory with one
/// credential.
const MAX_SESSIONS_PER_CREDENTIAL: usize = 8;

type Hash = [u8; 32];

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

/// The living sessions of a page: each one's token by the SHA-256 of its secret, of the credential that
/// opened it.
pub(crate) struct Sessions(Mailbox<Hash, Hash, String, u64>);

impl Default for Sessions {
    fn default() -> Self {
        Self(Mailbox::new(Bounds {
            total: MAX_SESSIONS,
            per_owner: MAX_SESSIONS_PER_CREDENTIAL,
            when_owner_is_full: OwnerFull::EndOldest,
        }))
    }
}

impl Sessions {
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
        let key = Sha256::digest(secret).into();
        let session = Mail { key, owner: credential, value: token.clone(), until: expires };
        if self.0.put(session, now).is_err() {
            tracing::warn!("more console sessions than can be remembered");
            return Err(AccessFault::NoPlace);
        }
        Ok(Opened { secret, token, expires })
    }

    /// The living session with a secret.
    pub(crate) fn find(&self, secret: &[u8; SECRET_BYTES], now: u64) -> Option<Living> {
        let key = Sha256::digest(secret).into();
        self.0.look(&key, now, |session| Living {
            credential: session.owner,
            token: session.value.clone(),
            expires: session.until,
        })
    }

    /// Ends the session with a secret.
    pub(crate) fn close(&self, secret: &[u8; SECRET_BYTES]) {
        self.0.remove(&Sha256::digest(secret).into());
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
        for at in 1..=MAX_SESSIONS_PER_CREDENTIAL as u64 {
            sessions.open([1; 32], &SystemEntropy, at).unwrap();
        }
        assert!(sessions.find(&first.secret, 1).is_none(), "the oldest has ended");
        assert_eq!(sessions.0.count(), MAX_SESSIONS_PER_CREDENTIAL);
        for at in MAX_SESSIONS_PER_CREDENTIAL as u64..MAX_SESSIONS as u64 {
            let key = Sha256::digest(at.to_be_bytes()).into();
            let session = Mail { key, owner: key, value: String::new(), until: 100 };
            sessions.0.put(session, 50).unwrap();
        }
        assert_eq!(sessions.0.count(), MAX_SESSIONS);
        assert_eq!(sessions.open([2; 32], &SystemEntropy, 50).err(), Some(AccessFault::NoPlace));
        assert!(sessions.open([2; 32], &SystemEntropy, 100).is_ok(), "what has run out makes room");
    }
}
