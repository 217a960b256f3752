//! What a flow comes to: whose an unreadable answer is, the service's or that of a network which answers in
//! its place; and what the service said of the account is kept, whichever flow it ended.

use szid_protocol::reason::Reason;
use szid_protocol::time::{NONCE_BYTES, verify_time};

use crate::error::WalletError;
use crate::last_known::Standing;
use crate::records::load_trust;
use crate::wallet::Wallet;

impl Wallet {
    /// What a flow comes to, where an answer that cannot be read ended it. A network that wants a login first
    /// answers everything with a page of its own, and no update of an app helps against that. So such an
    /// answer counts as the service's only where it signs the time for a nonce right after, with a key of the
    /// trust list that is here.
    ///
    /// That the account is frozen or this device ended is kept, for when nobody can be asked.
    pub(crate) async fn told_by<T>(
        &self,
        issuer: Option<&str>,
        outcome: Result<T, WalletError>,
    ) -> Result<T, WalletError> {
        match outcome {
            Err(WalletError::Frozen) => {
                self.keep_known(Standing::Frozen)?;
                Err(WalletError::Frozen)
            }
            Err(error) if is_unreadable(&error) && !self.is_answered_by(issuer).await => {
                Err(WalletError::NotTheService)
            }
            outcome => outcome,
        }
    }

    async fn is_answered_by(&self, issuer: Option<&str>) -> bool {
        let Some(issuer) = issuer else { return false };
        let Ok(nonce) = self.random::<NONCE_BYTES>() else { return false };
        let Ok(signed) = self.client.time(issuer, &nonce).await else { return false };
        let held = load_trust(&self.vault).ok().flatten();
        let held = held.and_then(|held| self.verified_trust(&held).ok());
        // Whether the list has run out does not matter here: what it names is the city's all the same.
        held.is_some_and(|held| verify_time(&signed, &nonce, &held).is_ok())
    }
}

/// True for what nobody has signed and nothing can be read from.
fn is_unreadable(error: &WalletError) -> bool {
    use Reason::{Malformed, NotCanonical, TrustMalformed};
    matches!(
        error,
        WalletError::Answer(_) | WalletError::Untrusted(Malformed | NotCanonical | TrustMalformed)
    )
}
