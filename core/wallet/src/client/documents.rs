//! The city's signed documents, and receipts of uses.

use data_encoding::BASE64URL_NOPAD;
use szid_api::paths;
use szid_protocol::{audit_head, receipt, time, trust};

use super::call::Call;
use super::{Endpoints, ServiceClient};
use crate::error::WalletError;
use crate::http::HttpMethod;

impl ServiceClient {
    pub(crate) async fn trust(&self, issuer: &str) -> Result<Vec<u8>, WalletError> {
        let list = self.get(&format!("{issuer}{}", paths::TRUST))?;
        Ok(self.send(list, trust::MAX_BYTES).await?.to_vec())
    }

    pub(crate) async fn audit_head(&self, issuer: &str) -> Result<Vec<u8>, WalletError> {
        let head = self.get(&format!("{issuer}{}", paths::AUDIT_HEAD))?;
        Ok(self.send(head, audit_head::MAX_BYTES).await?.to_vec())
    }

    pub(crate) async fn time(
        &self,
        issuer: &str,
        nonce: &[u8; time::NONCE_BYTES],
    ) -> Result<Vec<u8>, WalletError> {
        let nonce = BASE64URL_NOPAD.encode(nonce);
        let time = self.get(&format!("{issuer}{}?nonce={nonce}", paths::TIME))?;
        Ok(self.send(time, time::MAX_BYTES).await?.to_vec())
    }

    pub(crate) async fn receipt(
        &self,
        at: &Endpoints,
        access_token: &str,
        id: &str,
    ) -> Result<Vec<u8>, WalletError> {
        let url = self.address(&at.issuer, paths::RECEIPT_OF_HOLDER, id)?;
        let request = Call::new(HttpMethod::Get, url).bearer(access_token);
        Ok(self.send(request, receipt::MAX_BYTES).await?.to_vec())
    }
}
