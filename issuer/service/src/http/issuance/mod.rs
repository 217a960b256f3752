//! OpenID4VCI 1.0 with the pre-authorised code grant: one file per endpoint.

pub(super) mod credentials;
mod faults;
pub(super) mod metadata;
pub(super) mod nonces;
pub(super) mod offers;
pub(super) mod tokens;
