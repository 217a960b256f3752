//! Short numbers: said aloud and typed where no scanner works.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct NumberRequest {
    /// A citizen code of this holder, drawn just now and without a challenge.
    pub code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct NumberGiven {
    /// Nine digits.
    pub number: String,
    /// The same in groups of three, to be read aloud.
    pub grouped: String,
    /// Seconds that it is good for, once.
    pub expires_in: u64,
}
