//! Enrolment and refresh: both end in a strip of checked passes in the vault.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::json;
use szid_protocol::crypto::P256Backend;
use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::pass::UnverifiedPass;
use szid_protocol::reason::Reason;
use szid_protocol::time::verify_time;
use szid_protocol::trust::VerifiedTrustList;
use szid_vault::Change;

use crate::client::{Endpoints, Tokens};
use crate::error::WalletError;
use crate::records::{
    Anchor, Enrolled, PASSES, STATE, StoredPass, StoredTrust, day_name, encode, load, save,
};
use crate::wallet::Wallet;

/// The strip is filled up when fewer passes than this remain.
const REFILL_BELOW: usize = 5;

impl Wallet {
    /// Takes up an offer: tokens, device keys, and the first strip. May be repeated with a new offer.
    ///
    /// # Errors
    /// [`WalletError`]; what was in the vault before stays as it was.
    pub async fn enrol(&self, offer: &str, tx_code: &str) -> Result<usize, WalletError> {
        let offer = self.client.offer(offer).await?;
        let at = self.client.endpoints(&offer.issuer).await?;
        self.update_trust_and_time(&at.issuer).await?;
        let tokens = self.client.redeem(&at, &offer.code, tx_code).await?;
        self.keep_tokens(&at, &tokens)?;
        self.fill_strip(&at, &tokens).await
    }

    /// Fills the strip where it runs low, and brings trust list and time up to date. Returns how many passes came.
    ///
    /// # Errors
    /// [`WalletError::NotEnrolled`], or what went wrong with the service; the passes that are there stay good.
    pub async fn refresh(&self) -> Result<usize, WalletError> {
        let enrolled: Enrolled =
            load(&self.vault, STATE, "enrolled")?.ok_or(WalletError::NotEnrolled)?;
        let at = self.client.endpoints(&enrolled.issuer).await?;
        self.update_trust_and_time(&at.issuer).await?;
        self.drop_past_passes()?;
        if self.passes_left()? >= REFILL_BELOW {
            return Ok(0);
        }
        let tokens = self.client.refresh(&at, &enrolled.refresh_token).await?;
        self.keep_tokens(&at, &tokens)?;
        self.fill_strip(&at, &tokens).await
    }

    pub(crate) fn keep_tokens(&self, at: &Endpoints, tokens: &Tokens) -> Result<(), WalletError> {
        let enrolled =
            Enrolled { issuer: at.issuer.clone(), refresh_token: tokens.refresh_token.clone() };
        save(&self.vault, "enrolled", &enrolled)
    }

    async fn update_trust_and_time(&self, issuer: &str) -> Result<(), WalletError> {
        let bytes = self.client.trust(issuer).await?;
        let trust = self.verified_trust(&bytes)?;
        if let Some(held) = load::<StoredTrust>(&self.vault, STATE, "trust")?
            && self.verified_trust(&held.bytes)?.version() > trust.version()
        {
            return Err(WalletError::Untrusted(Reason::TrustRollback));
        }
        let nonce = self.random::<16>()?;
        let signed = self.client.time(issuer, &nonce).await?;
        let reading = self.clock.read();
        let server = verify_time(&signed, &nonce, &trust).map_err(WalletError::Untrusted)?;
        if trust.expires_at() <= server {
            return Err(WalletError::Untrusted(Reason::TrustExpired));
        }
        let anchor =
            Anchor { server, wall: reading.wall, monotonic: reading.monotonic, boot: reading.boot };
        save(&self.vault, "trust", &StoredTrust { bytes })?;
        save(&self.vault, "anchor", &anchor)
    }

    fn verified_trust(&self, bytes: &[u8]) -> Result<VerifiedTrustList, WalletError> {
        VerifiedTrustList::verify(bytes, &self.roots, &P256Backend).map_err(WalletError::Untrusted)
    }

    /// One key, one proof and one pass for each day from the first that has none.
    async fn fill_strip(&self, at: &Endpoints, tokens: &Tokens) -> Result<usize, WalletError> {
        let today = end_of_day(self.now()?);
        let held = self.vault.list(PASSES)?;
        let last = today + self.days_ahead * DAY;
        let days: Vec<u64> = (0..=self.days_ahead).map(|day| today + day * DAY).collect();
        let Some(first) = days.iter().copied().find(|day| !held.contains(&day_name(*day))) else {
            return Ok(0);
        };
        let days: Vec<u64> = (first..=last).step_by(DAY as usize).collect();

        let nonce = self.client.nonce(at).await?;
        let mut handles = Vec::with_capacity(days.len());
        let made = self.make_proofs(&at.issuer, &nonce, &days, &mut handles);
        let outcome = match made {
            Ok(proofs) => {
                match self.client.passes(at, &tokens.access_token, first, &proofs).await {
                    Ok(passes) => self.keep_passes(&days, &handles, passes),
                    Err(error) => Err(error),
                }
            }
            Err(error) => Err(error),
        };
        if outcome.is_err() {
            for (handle, _) in &handles {
                // The first error is the one to tell; a key left behind is unused.
                let _ = self.keys.delete(handle);
            }
        }
        outcome
    }

    fn make_proofs(
        &self,
        issuer: &str,
        nonce: &str,
        days: &[u64],
        handles: &mut Vec<(String, szid_protocol::key::PublicKey)>,
    ) -> Result<Vec<String>, WalletError> {
        let now = self.now()?;
        let mut proofs = Vec::with_capacity(days.len());
        for day in days {
            let handle = format!("pass-{day}-{}", HEXLOWER.encode(&self.random::<8>()?));
            let key = self.keys.create(&handle)?;
            handles.push((handle.clone(), key));
            let (x, y) = key
                .to_coordinates()
                .map_err(|_| WalletError::Answer("the device key is invalid"))?;
            let base64 = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
            let header = json!({ "typ": "openid4vci-proof+jwt", "alg": "ES256",
                "jwk": { "kty": "EC", "crv": "P-256", "x": base64(&x), "y": base64(&y) } });
            let claims = json!({ "aud": issuer, "iat": now, "nonce": nonce });
            let message = format!(
                "{}.{}",
                base64(header.to_string().as_bytes()),
                base64(claims.to_string().as_bytes())
            );
            let signature = self.keys.sign(&handle, message.as_bytes())?;
            proofs.push(format!("{message}.{}", base64(&signature)));
        }
        Ok(proofs)
    }

    /// Checks every pass before one of them is kept; then keeps all at once.
    fn keep_passes(
        &self,
        days: &[u64],
        handles: &[(String, szid_protocol::key::PublicKey)],
        passes: Vec<Vec<u8>>,
    ) -> Result<usize, WalletError> {
        if passes.len() != days.len() {
            return Err(WalletError::Answer("the number of passes is another"));
        }
        let mut records = Vec::with_capacity(passes.len());
        for ((day, (handle, key)), pass) in days.iter().zip(handles).zip(passes) {
            let parsed = UnverifiedPass::parse(&pass).map_err(WalletError::Untrusted)?;
            if parsed.exp() != *day || parsed.device_key() != *key {
                return Err(WalletError::Answer("a pass is for another day or key"));
            }
            records.push((day_name(*day), encode(&StoredPass { handle: handle.clone(), pass })?));
        }
        let changes: Vec<Change<'_>> = records
            .iter()
            .map(|(name, value)| Change::Put { collection: PASSES, name, value })
            .collect();
        self.vault.batch(&changes)?;
        Ok(changes.len())
    }
}
