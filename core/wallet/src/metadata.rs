//! The issuer's metadata, kept for a day: what the holder asks costs one request and not three.

use serde::{Deserialize, Serialize};
use szid_protocol::day::DAY;

use crate::client::Endpoints;
use crate::error::WalletError;
use crate::records::{Batch, METADATA, STATE, load};
use crate::trust::ListedIssuer;
use crate::wallet::Wallet;

/// How long endpoints are believed without being looked up, seconds. Each refresh looks them up.
const KEPT_FOR: u64 = DAY;

/// Endpoints as they were read, and when.
#[derive(Serialize, Deserialize)]
struct Kept {
    endpoints: Endpoints,
    /// In corrected time.
    read_at: u64,
}

impl Wallet {
    /// Reads the issuer's metadata and keeps them.
    pub(crate) async fn read_endpoints(
        &self,
        issuer: &ListedIssuer,
    ) -> Result<Endpoints, WalletError> {
        let kept = Kept { endpoints: self.client.endpoints(issuer).await?, read_at: self.now()? };
        let mut batch = Batch::default();
        batch.put(STATE, METADATA, &kept)?;
        batch.write(&self.vault)?;
        Ok(kept.endpoints)
    }

    /// The endpoints that were read within the last day, or as they are now.
    pub(crate) async fn endpoints(&self, issuer: &ListedIssuer) -> Result<Endpoints, WalletError> {
        let now = self.now()?;
        match load::<Kept>(&self.vault, STATE, METADATA)? {
            Some(kept)
                if kept.endpoints.issuer == issuer.base_url()
                    && (kept.read_at..kept.read_at.saturating_add(KEPT_FOR)).contains(&now) =>
            {
                Ok(kept.endpoints)
            }
            _ => self.read_endpoints(issuer).await,
        }
    }
}
