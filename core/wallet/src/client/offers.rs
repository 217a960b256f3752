//! Credential offers.

use serde_json::error::Category;
use szid_api::issuance::offers::CredentialOffer;
use zeroize::Zeroizing;

use super::{MAX_JSON, ServiceClient};
use crate::error::WalletError;
use crate::offer::Offer;

/// What a credential offer says.
pub(crate) struct Grant {
    pub(crate) issuer: String,
    pub(crate) code: Zeroizing<String>,
}

impl ServiceClient {
    /// The offer that a link stands for. One that is fetched must lie with the issuer that it names.
    pub(crate) async fn offer(&self, offer: Offer) -> Result<Grant, WalletError> {
        let (offer, fetched_from): (CredentialOffer, _) = match offer {
            Offer::Value(text) => {
                (serde_json::from_str(&text).map_err(|_| WalletError::Offer)?, None)
            }
            Offer::Reference(uri) => {
                let body = self.send(self.get(&uri)?, MAX_JSON).await?;
                let offer = serde_json::from_slice(&body).map_err(|fault| match fault.classify() {
                    Category::Data => WalletError::Offer,
                    _ => WalletError::Answer("not the promised JSON"),
                });
                (offer?, Some(self.allowed(&uri)?))
            }
        };
        let CredentialOffer { credential_issuer: issuer, grants, .. } = offer;
        let issuer_origin = self.allowed(&issuer)?.origin();
        if fetched_from.is_some_and(|uri| uri.origin() != issuer_origin) {
            return Err(WalletError::Offer);
        }
        Ok(Grant { issuer, code: grants.pre_authorised.code.into() })
    }
}
