//! Refresh: passes, trust list and time are brought up to date.

use std::sync::Arc;

use crate::errors::SyncError;
use crate::log::{LogLevel, Told};
use crate::runtime;
use crate::wallet::Wallet;

#[uniffi::export]
impl Wallet {
    /// Corrects the time, fetches the trust list, and fills the passes up where they run low; says how many
    /// came.
    pub async fn refresh(&self) -> Result<u32, SyncError> {
        let core = Arc::clone(self.core()?);
        let came = runtime::run(async move { core.refresh().await }).await;
        let came = self.log.outcome("refresh.failed", came)?;
        self.log.tell(LogLevel::Info, "refresh.done", &[("passes", Told::Number(came))]);
        Ok(runtime::count(came))
    }
}
