//! Uses of the holder's identity, and reports of those that were not theirs.

use szid_api::paths;
use szid_api::uses::{UseView, Uses};

use super::call::Call;
use super::{Endpoints, ServiceClient};
use crate::error::WalletError;
use crate::http::HttpMethod;

impl ServiceClient {
    pub(crate) async fn uses(
        &self,
        at: &Endpoints,
        access_token: &str,
        before: Option<&str>,
    ) -> Result<Vec<UseView>, WalletError> {
        let request = self.by_holder(HttpMethod::Get, at, paths::USES, access_token)?;
        let Uses { uses } = self.json(request.query("before", before)).await?;
        Ok(uses)
    }

    pub(crate) async fn report_use(
        &self,
        at: &Endpoints,
        access_token: &str,
        receipt: &str,
    ) -> Result<(), WalletError> {
        let url = self.address(&at.issuer, paths::USE_REPORT, receipt)?;
        self.nothing(Call::new(HttpMethod::Post, url).bearer(access_token)).await
    }
}
