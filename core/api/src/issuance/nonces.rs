//! The nonce endpoint (OpenID4VCI 1.0, section 7).

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Nonce {
    pub c_nonce: String,
}
