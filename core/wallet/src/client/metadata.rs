//! Where the service's endpoints are.

use serde::{Deserialize, Serialize};
use szid_api::issuance::metadata::{IssuerMetadata, ServerMetadata};
use szid_api::paths;
use url::Url;

use super::ServiceClient;
use super::call::Call;
use crate::error::WalletError;
use crate::http::HttpMethod;
use crate::trust::ListedIssuer;

/// Endpoints of a service. Kept in the vault.
#[derive(Serialize, Deserialize)]
pub(crate) struct Endpoints {
    pub(crate) issuer: String,
    /// The most passes that one request may ask for.
    pub(crate) batch_size: usize,
    /// Goes up when the issuer's register was put back from a copy: it may not know passes of an earlier
    /// epoch. Signed by nobody: where it is another one than before, the audit head is asked for.
    pub(crate) epoch: u32,
    pub(super) token: String,
    pub(super) nonce: String,
    pub(super) credential: String,
}

impl ServiceClient {
    /// Reads an issuer's metadata and checks that they are its own: codes and tokens go to its own origin
    /// only.
    pub(crate) async fn endpoints(&self, issuer: &ListedIssuer) -> Result<Endpoints, WalletError> {
        let issuer = issuer.base_url();
        let issuer_url = self.allowed(issuer)?;
        let well_known = |path: &str| {
            let mut url = issuer_url.clone();
            let below = issuer_url.path().trim_end_matches('/');
            url.set_path(&format!("{path}{below}"));
            Call::new(HttpMethod::Get, url)
        };
        let metadata: IssuerMetadata = self.json(well_known(paths::ISSUER_METADATA)).await?;
        let server: ServerMetadata = self.json(well_known(paths::SERVER_METADATA)).await?;
        if metadata.credential_issuer != issuer || server.issuer != issuer {
            return Err(WalletError::Answer("the metadata are another issuer's"));
        }
        let own = |url: String| {
            let is_own = Url::parse(&url).is_ok_and(|url| url.origin() == issuer_url.origin());
            let foreign = WalletError::Answer("an endpoint is not the issuer's own");
            is_own.then_some(url).ok_or(foreign)
        };
        Ok(Endpoints {
            issuer: issuer.to_owned(),
            batch_size: metadata.batch_credential_issuance.batch_size,
            epoch: metadata.szid_epoch,
            token: own(server.token_endpoint)?,
            nonce: own(metadata.nonce_endpoint)?,
            credential: own(metadata.credential_endpoint)?,
        })
    }
}
