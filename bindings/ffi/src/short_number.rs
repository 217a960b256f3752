//! A number to say aloud, where nothing can be scanned.

use std::sync::Arc;

use crate::errors::ApproveError;
use crate::unlocking::Unlocking;
use crate::wallet::Wallet;

#[uniffi::export]
impl Wallet {
    /// Gets a short number for a code drawn now, which states the tier of this unlocking. The number before
    /// ends.
    pub async fn short_number(
        &self,
        unlocking: Arc<Unlocking>,
    ) -> Result<ShortNumber, ApproveError> {
        let given = self.ask(async move |core| core.short_number(&unlocking.core).await);
        Ok(given.await?.into())
    }
}

/// A number to say aloud.
#[derive(Clone, Debug, uniffi::Record)]
pub struct ShortNumber {
    /// Nine digits.
    pub number: String,
    /// The same in groups of three.
    pub grouped: String,
    /// Seconds that it is good for, once.
    pub expires_in: u64,
}

impl From<szid_wallet::ShortNumberGiven> for ShortNumber {
    fn from(given: szid_wallet::ShortNumberGiven) -> Self {
        Self { number: given.number, grouped: given.grouped, expires_in: given.expires_in }
    }
}
