//! Reporting a loss (挂失): always heard, and final for the other devices where this one shows a key of its
//! passes.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
pub use szid_api::losses::OtherDevices;

use crate::client::Endpoints;
use crate::error::WalletError;
use crate::last_known::Standing;
use crate::records::{Batch, REPORT, STATE, load};
use crate::vouching::Vouching;
use crate::wallet::Wallet;

/// What such a proof says it is: it serves for nothing else.
const TYPE: &str = "szid-loss-proof+jwt";

/// How long a report that was not answered is the same one when it is made again, seconds. Later it may be
/// about another loss, after the freeze of this one was lifted: it is heard by itself.
const SAME_REPORT: u64 = 120;

/// A report that is on its way.
#[derive(Serialize, Deserialize)]
struct Report {
    /// The service knows a copy of it by this.
    id: String,
    /// In corrected time.
    at: u64,
}

impl Wallet {
    /// Reports a loss: the account is frozen. This device shows a key of its passes, which ends every other
    /// device for good and may ask for the holder where all of its keys do; where no key can be shown,
    /// everything is suspended and nothing ends.
    ///
    /// # Errors
    /// As [`Wallet::devices`](Wallet::devices).
    pub async fn report_lost(&self) -> Result<OtherDevices, WalletError> {
        // Whatever keeps an id or a proof from being made keeps no report back.
        let id = self.report_id().ok();
        let id = id.as_deref();
        let reported = self.with_access(|by| async move {
            let proofs = self.prove_loss(&by.at).await.unwrap_or_default();
            self.client.report_lost(&by.at, &by.token, id, proofs).await
        });
        let others = reported.await?;
        let mut batch = Batch::default();
        batch.delete(STATE, REPORT);
        // Where it stays, a report within the next two minutes passes for this one.
        let _ = batch.write(&self.vault);
        self.keep_known(Standing::Frozen)?;
        Ok(others)
    }

    /// The id of the report that is not answered yet, or a new one.
    fn report_id(&self) -> Result<String, WalletError> {
        let at = self.now()?;
        match load::<Report>(&self.vault, STATE, REPORT) {
            Ok(Some(report)) if report.at.abs_diff(at) < SAME_REPORT => return Ok(report.id),
            _ => {}
        }
        let id = BASE64URL_NOPAD.encode(&self.random::<16>()?);
        let mut batch = Batch::default();
        batch.put(STATE, REPORT, &Report { id: id.clone(), at })?;
        // One that cannot be kept still tells copies of this try from it.
        let _ = batch.write(&self.vault);
        Ok(id)
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
