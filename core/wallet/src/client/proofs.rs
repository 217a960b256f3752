//! Proofs of the holder's identity by parties that the city trusts.

use szid_api::paths;
use szid_api::proofs::{ProofRequest, ProofView};

use super::call::Call;
use super::{Endpoints, ServiceClient};
use crate::error::WalletError;
use crate::http::HttpMethod;

impl ServiceClient {
    pub(crate) async fn begin_proof(
        &self,
        at: &Endpoints,
        access_token: &str,
        connector: &str,
    ) -> Result<ProofView, WalletError> {
        let request = self.by_holder(HttpMethod::Post, at, paths::PROOFS, access_token)?;
        self.json(request.json(&ProofRequest { connector: connector.into() })?).await
    }

    pub(crate) async fn proof(
        &self,
        at: &Endpoints,
        access_token: &str,
        id: &str,
    ) -> Result<ProofView, WalletError> {
        let url = self.address(&at.issuer, paths::PROOF, id)?;
        self.json(Call::new(HttpMethod::Get, url).bearer(access_token)).await
    }
}
