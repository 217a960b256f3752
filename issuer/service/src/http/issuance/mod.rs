//! OpenID4VCI 1.0 with the pre-authorised code grant: one file per endpoint.

pub(super) mod credentials;
mod jose;
mod key_attestation;
pub(super) mod metadata;
pub(super) mod nonces;
pub(super) mod offers;
mod parts;
pub(super) mod possession;
mod proof;
#[cfg(test)]
mod testing;
pub(super) mod tokens;
mod x5c;

/// The one credential configuration.
const CONFIGURATION: &str = "szid-day-pass";
const PRE_AUTHORISED: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
/// How many days ahead passes are issued, today not counted.
const DAYS_AHEAD: u64 = 14;
/// The most passes in one request: one for each of these days.
const BATCH: usize = DAYS_AHEAD as usize + 1;

/// Names the part of a JWT that does not fit.
fn check(fits: bool, part: parts::Part) -> Result<(), parts::Part> {
    if fits { Ok(()) } else { Err(part) }
}
