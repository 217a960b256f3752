//! Credential offers, as a link carries them (OpenID4VCI 1.0, section 4.1).

use url::Url;

use crate::error::WalletError;

/// The longest offer that is read, bytes.
const MAX_OFFER: usize = 8 * 1024;
const SCHEME: &str = "openid-credential-offer";

/// An offer as it came.
pub(crate) enum Offer {
    /// The offer itself, as JSON.
    Value(String),
    /// Where the offer is to be fetched.
    Reference(String),
}

impl Offer {
    /// Reads a link by value or by reference, or the reference itself.
    pub(crate) fn read(text: &str) -> Result<Self, WalletError> {
        if text.len() > MAX_OFFER {
            return Err(WalletError::Offer);
        }
        let url = Url::parse(text.trim()).map_err(|_| WalletError::Offer)?;
        if url.scheme() != SCHEME {
            return Ok(Self::Reference(url.into()));
        }
        let mut parameters = url.query_pairs();
        match (parameters.next(), parameters.next()) {
            (Some((name, value)), None) if name == "credential_offer_uri" => {
                Ok(Self::Reference(value.into_owned()))
            }
            (Some((name, value)), None) if name == "credential_offer" => {
                Ok(Self::Value(value.into_owned()))
            }
            _ => Err(WalletError::Offer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_by_value_and_by_reference_are_read_and_others_are_not() {
        let reference = |text| match Offer::read(text) {
            Ok(Offer::Reference(uri)) => uri,
            _ => "another".into(),
        };
        let link = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fid.example%2Fo";
        assert_eq!(reference(link), "https://id.example/o");
        assert_eq!(reference(" https://id.example/o\n"), "https://id.example/o");
        let link = "openid-credential-offer://?credential_offer=%7B%22a%22%3A1%7D";
        assert!(matches!(Offer::read(link), Ok(Offer::Value(json)) if json == "{\"a\":1}"));
        let long = format!("https://id.example/{}", "x".repeat(MAX_OFFER));
        for bad in ["", "六", "openid-credential-offer://", "openid-credential-offer://?x=1", &long]
        {
            assert!(matches!(Offer::read(bad), Err(WalletError::Offer)), "{bad}");
        }
    }
}
