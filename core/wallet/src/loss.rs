//! Reporting a loss (挂失): always heard, and final for the other devices where this one shows a key of its passes.

use serde_json::{Value, json};

use crate::client::Endpoints;
use crate::error::WalletError;
use crate::last_known::Standing;
use crate::vouching::Vouching;
use crate::wallet::Wallet;

/// What such a proof says it is: it serves for nothing else.
const TYPE: &str = "szid-loss-proof+jwt";

/// How the holder's other devices stand after a report of a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherDevices {
    /// They are ended for good; this one is suspended until a counter lifts the freeze.
    Ended,
    /// They are suspended, and so is this one, since it could not show a key of its own: a counter lifts the freeze for the
    /// devices that it sees, and all others end.
    Suspended,
}

impl Wallet {
    /// Reports a loss: the account is frozen. This device shows a key of its passes, which ends every other device for good and
    /// may ask for the holder where all of its keys do; where no key can be shown, everything is suspended and nothing ends.
    ///
    /// # Errors
    /// As [`Wallet::devices`](Wallet::devices).
    pub async fn report_lost(&self) -> Result<OtherDevices, WalletError> {
        let reported = self.with_access(|by| async move {
            // Whatever keeps a proof from being made keeps no report back.
            let proofs = self.prove_loss(&by.at).await.unwrap_or_default();
            self.client.report_lost(&by.at, &by.token, &proofs).await
        });
        let others = reported.await?;
        self.keep_known(Standing::Frozen)?;
        Ok(others)
    }

    async fn prove_loss(&self, at: &Endpoints) -> Result<Vec<String>, WalletError> {
        let nonce = self.client.nonce(at).await?;
        let claims = json!({ "aud": at.issuer, "iat": self.now()?, "nonce": nonce });
        // The holder is asked where no other key signs.
        for asks in [false, true] {
            let proofs = self.sign_each(asks, &claims)?;
            if !proofs.is_empty() {
                return Ok(proofs);
            }
        }
        Ok(Vec::new())
    }

    fn sign_each(&self, asks: bool, claims: &Value) -> Result<Vec<String>, WalletError> {
        let by = self.own_keys(asks)?;
        let prove = |key: &Vouching| self.prove(TYPE, &key.handle, &key.public, claims).ok();
        Ok(by.iter().filter_map(prove).collect())
    }
}
