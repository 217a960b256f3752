//! What issuance keeps beside the register.

pub(crate) mod nonces;
