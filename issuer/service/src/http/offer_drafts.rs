//! Offers as a counter is told of them.

use serde::Serialize;

use crate::issuance::OfferMade;

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Enrolled {
    /// The person's opaque id.
    person: String,
    /// The offer for the wallet, as a link or a QR.
    credential_offer: String,
    /// Where the offer lies.
    credential_offer_uri: String,
    /// Told to the citizen, never sent with the offer.
    tx_code: String,
    /// Seconds.
    expires_in: u64,
}

impl From<OfferMade> for Enrolled {
    fn from(offer: OfferMade) -> Self {
        let OfferMade { person, link, uri, tx_code, seconds } = offer;
        Self {
            person: person.to_string(),
            credential_offer: link,
            credential_offer_uri: uri,
            tx_code,
            expires_in: seconds,
        }
    }
}
