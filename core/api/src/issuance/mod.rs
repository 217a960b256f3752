//! OpenID4VCI 1.0 with the pre-authorised code grant: one file per endpoint.

pub mod credentials;
pub mod metadata;
pub mod nonces;
pub mod offers;
pub mod tokens;

/// The one credential configuration.
pub const CONFIGURATION: &str = "szid-day-pass";
/// The type of the grant that an offer carries.
pub const PRE_AUTHORISED: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
/// The type of the grant of a refresh token.
pub const REFRESH_TOKEN: &str = "refresh_token";
