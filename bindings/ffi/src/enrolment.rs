//! Enrolment: an offer from the counter becomes a strip of day passes.

use std::sync::Arc;

use crate::errors::EnrolError;
use crate::runtime;
use crate::wallet::Wallet;

#[uniffi::export]
impl Wallet {
    /// Takes up a credential offer with the transaction code from the counter, and fetches the first day passes; says how
    /// many came. If it was cut short, repeat it with the same offer: it goes on where it stopped.
    pub async fn enrol(&self, offer: String, tx_code: String) -> Result<u32, EnrolError> {
        let core = Arc::clone(self.core()?);
        let came = runtime::run(async move { core.enrol(&offer, tx_code.trim()).await });
        came.await.map(runtime::count).map_err(EnrolError::from)
    }
}
