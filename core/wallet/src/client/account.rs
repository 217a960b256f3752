//! What the service says of the holder's account; a loss is reported.

use szid_api::account::HolderAccount;
use szid_api::events::{EventView, Events};
use szid_api::losses::{LossReport, LossReported, OtherDevices};
use szid_api::paths;

use super::{Endpoints, ServiceClient};
use crate::error::WalletError;
use crate::http::HttpMethod;

impl ServiceClient {
    /// The account; `seen` is the newest event that the holder was shown, `passes` are those that are held.
    /// The masked name comes where it is asked for alone.
    pub(crate) async fn account(
        &self,
        at: &Endpoints,
        access_token: &str,
        seen: Option<&str>,
        passes: Option<&str>,
        with_name: bool,
    ) -> Result<HolderAccount, WalletError> {
        let request = self.by_holder(HttpMethod::Get, at, paths::HOLDER, access_token)?;
        let request = request.query("seen", seen).query("passes", passes);
        self.json(request.query("masked_name", with_name.then_some("true"))).await
    }

    pub(crate) async fn events(
        &self,
        at: &Endpoints,
        access_token: &str,
        before: Option<&str>,
    ) -> Result<Vec<EventView>, WalletError> {
        let request = self.by_holder(HttpMethod::Get, at, paths::EVENTS, access_token)?;
        let Events { events } = self.json(request.query("before", before)).await?;
        Ok(events)
    }

    /// Freezes the account. Proofs by keys of this device end every other one; a copy of the report that
    /// comes later changes nothing where it has an id.
    pub(crate) async fn report_lost(
        &self,
        at: &Endpoints,
        access_token: &str,
        id: Option<&str>,
        proofs: Vec<String>,
    ) -> Result<OtherDevices, WalletError> {
        let request = self.by_holder(HttpMethod::Post, at, paths::FREEZE, access_token)?;
        let request = request.idempotent(id).json(&LossReport { szid_key_proofs: proofs })?;
        let LossReported { other_devices, .. } = self.json(request).await?;
        Ok(other_devices)
    }
}
