//! The trust list and signed time: what every other answer of the service is checked with.

use std::time::Duration;

use szid_protocol::crypto::P256Backend;
use szid_protocol::reason::Reason;
use szid_protocol::time::{NONCE_BYTES, verify_time};
use szid_protocol::trust::VerifiedTrustList;

use crate::client::CLOCK_UNCHECKED;
use crate::error::WalletError;
use crate::records::{ANCHOR, Batch, DOUBTED, STATE, load, load_trust};
use crate::time::{self, Anchor, Belief, TimeSource};
use crate::wallet::Wallet;

/// An issuer that the root-signed trust list names. Whoever relays the city's genuine documents is none: only
/// such an issuer is sent a code or a token.
pub(crate) struct ListedIssuer(String);

impl ListedIssuer {
    fn find(trust: &VerifiedTrustList, base_url: &str, now: u64) -> Result<Self, WalletError> {
        let named = trust.names_issuer(base_url, now);
        named.then(|| Self(base_url.to_owned())).ok_or(WalletError::Issuer)
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.0
    }
}

/// The pause before a doubtful time is asked for again. A service whose clock was just being set, or one of
/// several machines, shows itself by another answer; nobody who waits for a code minds so little.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(2);

impl Wallet {
    /// Fetches and verifies both, and keeps them together once they name the issuer that gave them.
    pub(crate) async fn update_trust_and_time(
        &self,
        issuer: &str,
    ) -> Result<(VerifiedTrustList, ListedIssuer), WalletError> {
        let bytes = self.client.trust(issuer).await?;
        let trust = self.verified_trust(&bytes)?;
        if let Some(held) = load_trust(&self.vault)?
            // A held list that today's roots did not sign is from before a change of roots and binds nothing.
            && let Ok(held) = self.verified_trust(&held)
            && held.version() > trust.version()
        {
            return Err(WalletError::Untrusted(Reason::TrustRollback));
        }
        let mut batch = Batch::default();
        let now = self.update_time(issuer, &trust, &mut batch).await?;
        if trust.expires_at() <= now {
            return Err(WalletError::Untrusted(Reason::TrustExpired));
        }
        let listed = ListedIssuer::find(&trust, issuer, now)?;
        batch.put_trust(&bytes);
        batch.write(&self.vault)?;
        Ok((trust, listed))
    }

    /// Asks for the time; where it may be wrong and the wallet's own may be, too, twice. Returns the time to
    /// go by: the wallet's own where the service knows its clock to be wrong and says none.
    async fn update_time(
        &self,
        issuer: &str,
        trust: &VerifiedTrustList,
        batch: &mut Batch,
    ) -> Result<u64, WalletError> {
        let held: Option<Anchor> = load(&self.vault, STATE, ANCHOR)?;
        let mut doubted: Option<Anchor> = load(&self.vault, STATE, DOUBTED)?;
        let mut anchor = match self.ask_time(issuer, trust).await {
            Err(WalletError::Refused(word)) if word == CLOCK_UNCHECKED => return self.now(),
            anchor => anchor?,
        };
        let judge = |anchor: &Anchor, doubted: Option<&Anchor>| {
            time::judge(anchor, held.as_ref(), doubted, trust.expires_at())
        };
        let mut belief = judge(&anchor, doubted.as_ref());
        if belief == Belief::AskAgain {
            // Kept at once: where no second answer comes, the next flow needs but one.
            let mut said = Batch::default();
            said.put(STATE, DOUBTED, &anchor)?;
            said.write(&self.vault)?;
            doubted = Some(anchor);
            tokio::time::sleep(ASKED_AGAIN_AFTER).await;
            anchor = self.ask_time(issuer, trust).await?;
            belief = judge(&anchor, doubted.as_ref());
        }
        if belief == Belief::Taken {
            batch.put(STATE, ANCHOR, &anchor)?;
            batch.delete(STATE, DOUBTED);
            return Ok(anchor.server);
        }
        if !doubted.is_some_and(|doubted| anchor.goes_on(&doubted)) {
            batch.put(STATE, DOUBTED, &anchor)?;
        }
        self.now()
    }

    async fn ask_time(
        &self,
        issuer: &str,
        trust: &VerifiedTrustList,
    ) -> Result<Anchor, WalletError> {
        let nonce = self.random::<NONCE_BYTES>()?;
        let asked = self.clock.read();
        let signed = self.client.time(issuer, &nonce).await?;
        let answered = self.clock.read();
        let server = verify_time(&signed, &nonce, trust).map_err(WalletError::Untrusted)?;
        Anchor::new(server, asked, answered).ok_or(WalletError::Network)
    }

    /// The issuer, by the trust list that is here, or by a new one where that does not name it any more.
    /// After a restart the time is asked for as well: whatever goes online first corrects it.
    pub(crate) async fn listed_issuer(&self, issuer: &str) -> Result<ListedIssuer, WalletError> {
        if self.corrected_time()?.source != TimeSource::Signed {
            match self.update_trust_and_time(issuer).await {
                Ok((_, listed)) => return Ok(listed),
                // Nothing else will be answered, either.
                Err(error @ (WalletError::Network | WalletError::Vault(_))) => return Err(error),
                // The list that is here may still name the issuer.
                Err(_) => {}
            }
        }
        let now = self.now()?;
        let held = self.held_trust(now).and_then(|held| ListedIssuer::find(&held, issuer, now));
        match held {
            Ok(listed) => Ok(listed),
            Err(WalletError::Issuer | WalletError::Untrusted(_)) => {
                Ok(self.update_trust_and_time(issuer).await?.1)
            }
            Err(other) => Err(other),
        }
    }

    /// The trust list that is here, as long as it is good.
    pub(crate) fn held_trust(&self, now: u64) -> Result<VerifiedTrustList, WalletError> {
        let held = load_trust(&self.vault)?.ok_or(WalletError::Untrusted(Reason::TrustMissing))?;
        let held = self.verified_trust(&held)?;
        if held.expires_at() <= now {
            return Err(WalletError::Untrusted(Reason::TrustExpired));
        }
        Ok(held)
    }

    pub(crate) fn verified_trust(&self, bytes: &[u8]) -> Result<VerifiedTrustList, WalletError> {
        VerifiedTrustList::verify(bytes, &self.roots, &P256Backend).map_err(WalletError::Untrusted)
    }
}
