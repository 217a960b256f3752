//! The holder's devices: seen and ended, and new ones answered for.

use szid_api::devices::{DeviceEnding, DevicesOfHolder};
use szid_api::enrolments::{
    EnrolmentAnswer, EnrolmentAnswered, EnrolmentQuestion, EnrolmentQuestions,
};
use szid_api::paths;

use super::call::Call;
use super::{Endpoints, ServiceClient};
use crate::error::WalletError;
use crate::http::HttpMethod;

impl ServiceClient {
    pub(crate) async fn devices(
        &self,
        at: &Endpoints,
        access_token: &str,
    ) -> Result<DevicesOfHolder, WalletError> {
        self.json(self.by_holder(HttpMethod::Get, at, paths::DEVICES, access_token)?).await
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
        let request = if let Some(code) = code {
            let body = DeviceEnding { code: code.to_owned(), this_device };
            let url = self.address(&at.issuer, paths::DEVICE_END, id)?;
            Call::new(HttpMethod::Post, url).json(&body)?
        } else {
            let url = self.address(&at.issuer, paths::DEVICE, id)?;
            let this_device = if this_device { "true" } else { "false" };
            Call::new(HttpMethod::Delete, url).query("this_device", Some(this_device))
        };
        self.nothing(request.bearer(access_token)).await
    }

    pub(crate) async fn enrolment_questions(
        &self,
        at: &Endpoints,
        access_token: &str,
    ) -> Result<Vec<EnrolmentQuestion>, WalletError> {
        let request = self.by_holder(HttpMethod::Get, at, paths::ENROLMENTS, access_token)?;
        let EnrolmentQuestions { enrolments } = self.json(request).await?;
        Ok(enrolments)
    }

    /// Approves a new device with a code, or refuses it without.
    pub(crate) async fn answer_enrolment(
        &self,
        at: &Endpoints,
        access_token: &str,
        id: &str,
        code: Option<&str>,
    ) -> Result<(), WalletError> {
        let url = self.address(&at.issuer, paths::ENROLMENT, id)?;
        let code = code.map(str::to_owned);
        let body = EnrolmentAnswer { approve: code.is_some(), code };
        let request = Call::new(HttpMethod::Post, url).bearer(access_token).json(&body)?;
        self.json::<EnrolmentAnswered>(request).await.map(drop)
    }
}
