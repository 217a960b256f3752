//! What the service says of the holder's account and devices.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::{Endpoints, ServiceClient};
use crate::account::Account;
use crate::devices::{AccountEvent, Device, EndedDevice, EnrolmentQuestion};
use crate::error::WalletError;
use crate::http::HttpMethod;
use crate::loss::OtherDevices;

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
    ) -> Result<Account, WalletError> {
        let request = self.get(&format!("{}/v1/holder", at.issuer))?.bearer(access_token);
        let request = request.query("seen", seen).query("passes", passes);
        self.json(request.query("masked_name", with_name.then_some("true"))).await
    }

    pub(crate) async fn devices(
        &self,
        at: &Endpoints,
        access_token: &str,
    ) -> Result<Vec<Device>, WalletError> {
        #[derive(Deserialize)]
        struct Devices {
            devices: Vec<Device>,
        }
        let request = self.get(&format!("{}/v1/holder/devices", at.issuer))?;
        Ok(self.json::<Devices>(request.bearer(access_token)).await?.devices)
    }

    pub(crate) async fn ended_devices(
        &self,
        at: &Endpoints,
        access_token: &str,
    ) -> Result<Vec<EndedDevice>, WalletError> {
        #[derive(Deserialize)]
        struct Devices {
            // A service of before does not tell.
            #[serde(default)]
            ended: Vec<EndedDevice>,
        }
        let request = self.get(&format!("{}/v1/holder/devices", at.issuer))?;
        Ok(self.json::<Devices>(request.bearer(access_token)).await?.ended)
    }

    /// Ends a device with a code that says so; without one, the device that asks.
    pub(crate) async fn end_device(
        &self,
        at: &Endpoints,
        access_token: &str,
        id: &str,
        code: Option<&str>,
        this_device: bool,
    ) -> Result<(), WalletError> {
        let mut url = self.below(&format!("{}/v1/holder/devices/", at.issuer), id)?;
        let request = if let Some(code) = code {
            url.path_segments_mut().map_err(|()| WalletError::Offer)?.push("end");
            let body = json!({ "code": code, "this_device": this_device });
            Call::new(HttpMethod::Post, url).json(&body)?
        } else {
            let this_device = if this_device { "true" } else { "false" };
            Call::new(HttpMethod::Delete, url).query("this_device", Some(this_device))
        };
        self.nothing(request.bearer(access_token)).await
    }

    /// Freezes the account. Proofs by keys of this device end every other one; a copy of the report that
    /// comes later changes nothing where it has an id.
    pub(crate) async fn report_lost(
        &self,
        at: &Endpoints,
        access_token: &str,
        id: Option<&str>,
        proofs: &[String],
    ) -> Result<OtherDevices, WalletError> {
        let request = self.post(&format!("{}/v1/holder/freeze", at.issuer))?.idempotent(id);
        let request = request.bearer(access_token).json(&json!({ "szid_key_proofs": proofs }))?;
        let answer: Value = self.json(request).await?;
        // A service of before does not tell: no more is said than is known.
        match answer["other_devices"].as_str() {
            Some("ended") => Ok(OtherDevices::Ended),
            _ => Ok(OtherDevices::Suspended),
        }
    }

    pub(crate) async fn events(
        &self,
        at: &Endpoints,
        access_token: &str,
        before: Option<&str>,
    ) -> Result<Vec<AccountEvent>, WalletError> {
        #[derive(Deserialize)]
        struct Events {
            events: Vec<AccountEvent>,
        }
        let request = self.get(&format!("{}/v1/holder/events", at.issuer))?;
        let request = request.bearer(access_token).query("before", before);
        Ok(self.json::<Events>(request).await?.events)
    }

    pub(crate) async fn enrolment_questions(
        &self,
        at: &Endpoints,
        access_token: &str,
    ) -> Result<Vec<EnrolmentQuestion>, WalletError> {
        #[derive(Deserialize)]
        struct Questions {
            enrolments: Vec<EnrolmentQuestion>,
        }
        let request = self.get(&format!("{}/v1/holder/enrolments", at.issuer))?;
        Ok(self.json::<Questions>(request.bearer(access_token)).await?.enrolments)
    }

    /// Approves a new device with a code, or refuses it without.
    pub(crate) async fn answer_enrolment(
        &self,
        at: &Endpoints,
        access_token: &str,
        id: &str,
        code: Option<&str>,
    ) -> Result<(), WalletError> {
        let url = self.below(&format!("{}/v1/holder/enrolments/", at.issuer), id)?;
        let body = json!({ "approve": code.is_some(), "code": code });
        let request = Call::new(HttpMethod::Post, url).bearer(access_token).json(&body)?;
        self.json::<Value>(request).await.map(drop)
    }
}
