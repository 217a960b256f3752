//! Questions of venues, and the holder's answers.

use std::time::Duration;

use szid_api::consents::{ConsentAnswer, ConsentList, ConsentTaken, ConsentView};
use szid_api::limits::MAX_WAIT_SECONDS;
use szid_api::paths;

use super::call::Call;
use super::{Endpoints, ServiceClient};
use crate::error::WalletError;
use crate::http::HttpMethod;

impl ServiceClient {
    pub(crate) async fn consents(
        &self,
        at: &Endpoints,
        access_token: &str,
        wait: u64,
    ) -> Result<Vec<ConsentView>, WalletError> {
        let wait = wait.min(MAX_WAIT_SECONDS);
        let request = self.by_holder(HttpMethod::Get, at, paths::CONSENTS, access_token)?;
        let request = request.query("wait", Some(&wait.to_string()));
        let ConsentList { consents } = self.json(request.longer(Duration::from_secs(wait))).await?;
        Ok(consents)
    }

    /// Approves a question with a code, or denies it without, which may be a report.
    pub(crate) async fn answer(
        &self,
        at: &Endpoints,
        access_token: &str,
        id: &str,
        code: Option<&str>,
        report: bool,
    ) -> Result<(), WalletError> {
        let url = self.address(&at.issuer, paths::CONSENT, id)?;
        let code = code.map(str::to_owned);
        let body = ConsentAnswer { approve: code.is_some(), code, report };
        let request = Call::new(HttpMethod::Post, url).bearer(access_token).json(&body)?;
        let taken: ConsentTaken = self.json(request).await?;
        // A service of before takes the refusal alone: nobody is told of a report that was not kept.
        if report && !taken.reported {
            return Err(WalletError::Answer("the refusal was taken, and the report was not"));
        }
        Ok(())
    }
}
