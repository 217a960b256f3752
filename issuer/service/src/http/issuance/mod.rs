//! OpenID4VCI 1.0 with the pre-authorised code grant: one file per endpoint.

pub(super) mod credentials;
mod jose;
mod key_attestation;
pub(super) mod metadata;
pub(super) mod nonces;
pub(super) mod offers;
pub(super) mod possession;
mod proof;
#[cfg(test)]
mod testing;
pub(super) mod tokens;

/// The one credential configuration.
const CONFIGURATION: &str = "szid-day-pass";
const PRE_AUTHORISED: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
/// The most passes in one request.
const BATCH: usize = 32;
