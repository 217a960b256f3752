//! Nonces for proofs, and the passes of a strip.

use data_encoding::BASE64URL_NOPAD;
use szid_api::issuance::CONFIGURATION;
use szid_api::issuance::credentials::{CredentialAnswer, CredentialRequest, Proofs};
use szid_api::issuance::nonces::Nonce;

use super::{Endpoints, ServiceClient};
use crate::error::WalletError;

impl ServiceClient {
    pub(crate) async fn nonce(&self, at: &Endpoints) -> Result<String, WalletError> {
        let Nonce { c_nonce } = self.json(self.post(&at.nonce)?).await?;
        Ok(c_nonce)
    }

    /// One batch request, with proofs by keys that vouch for the new ones; the passes come back in the order
    /// of the keys.
    pub(crate) async fn passes(
        &self,
        at: &Endpoints,
        access_token: &str,
        from_day: u64,
        proofs: &[String],
        vouching: &[String],
    ) -> Result<Vec<Vec<u8>>, WalletError> {
        let body = CredentialRequest {
            credential_configuration_id: Some(CONFIGURATION.into()),
            proofs: Some(Proofs { jwt: Some(proofs.to_vec()) }),
            szid_from_day: Some(from_day),
            szid_key_proofs: vouching.to_vec(),
            ..CredentialRequest::default()
        };
        let request = self.post(&at.credential)?.bearer(access_token).json(&body)?;
        let CredentialAnswer { credentials } = self.json(request).await?;
        let decode = |text: String| BASE64URL_NOPAD.decode(text.as_bytes());
        credentials
            .into_iter()
            .map(|one| decode(one.credential))
            .map(|pass| pass.map_err(|_| WalletError::Answer("a credential is malformed")))
            .collect()
    }
}
