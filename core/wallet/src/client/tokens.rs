//! Tokens: an offer is redeemed, a refresh token renewed.

use szid_api::issuance::tokens::{TokenRequest, Tokens};
use szid_api::issuance::{PRE_AUTHORISED, REFRESH_TOKEN};

use super::{Endpoints, ServiceClient};
use crate::error::WalletError;
use crate::key_proofs::Shown;
use crate::last_known::Freeze;
use crate::records::TakingUp;

impl ServiceClient {
    pub(crate) async fn redeem(
        &self,
        at: &Endpoints,
        offer: &TakingUp,
        tx_code: &str,
        device_name: &str,
    ) -> Result<Tokens, WalletError> {
        let request = TokenRequest {
            grant_type: PRE_AUTHORISED.into(),
            code: Some(offer.code.as_str().into()),
            tx_code: Some(tx_code.into()),
            device_name: Some(device_name.into()),
            retry_secret: offer.retry_secret.as_deref().map(Into::into),
            ..TokenRequest::default()
        };
        self.json(self.post(&at.token)?.form(request.fields())).await
    }

    /// Renews a refresh token; with proofs by device keys where the service asks for them.
    pub(crate) async fn refresh(
        &self,
        at: &Endpoints,
        token: &str,
        shown: Option<&Shown>,
    ) -> (Result<Tokens, WalletError>, Option<Freeze>) {
        let request = TokenRequest {
            grant_type: REFRESH_TOKEN.into(),
            refresh_token: Some(token.into()),
            key_proofs: shown.map(|shown| shown.proofs.as_str().into()),
            passes: shown.map(|shown| shown.passes.as_str().into()),
            ..TokenRequest::default()
        };
        match self.post(&at.token) {
            Ok(call) => self.tokens(call.form(request.fields())).await,
            Err(error) => (Err(error), None),
        }
    }
}
