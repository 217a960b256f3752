//! Codes of venues, visits that are confirmed there, and short numbers.

use szid_api::numbers::{NumberGiven, NumberRequest};
use szid_api::paths;
use szid_api::venues::{VenueQuestion, VenueView, VisitRequest, VisitTold};

use super::{Endpoints, ServiceClient};
use crate::error::WalletError;
use crate::http::HttpMethod;

impl ServiceClient {
    pub(crate) async fn number(
        &self,
        at: &Endpoints,
        access_token: &str,
        code: &str,
    ) -> Result<NumberGiven, WalletError> {
        let request = self.by_holder(HttpMethod::Post, at, paths::NUMBERS, access_token)?;
        self.json(request.json(&NumberRequest { code: code.to_owned() })?).await
    }

    /// What a venue's code asks for.
    pub(crate) async fn venue(
        &self,
        at: &Endpoints,
        access_token: &str,
        venue_code: &str,
    ) -> Result<VenueView, WalletError> {
        let request = self.by_holder(HttpMethod::Post, at, paths::VENUE, access_token)?;
        self.json(request.json(&VenueQuestion { venue_code: venue_code.to_owned() })?).await
    }

    pub(crate) async fn visit(
        &self,
        at: &Endpoints,
        access_token: &str,
        venue_code: &str,
        code: &str,
    ) -> Result<VisitTold, WalletError> {
        let body = VisitRequest { venue_code: venue_code.to_owned(), code: code.to_owned() };
        let request = self.by_holder(HttpMethod::Post, at, paths::VISITS, access_token)?;
        self.json(request.json(&body)?).await
    }
}
