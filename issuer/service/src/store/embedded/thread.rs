//! Threads that end before their owner does.

use std::io;
use std::thread::{Builder, JoinHandle};

use crate::store::StoreError;

/// Waits for its thread when it is dropped. What tells the thread to end must be dropped before.
pub(super) struct Joined(Option<JoinHandle<()>>);

impl Joined {
    pub(super) fn start(
        name: &str,
        run: impl FnOnce() + Send + 'static,
    ) -> Result<Self, StoreError> {
        let started = Builder::new().name(name.into()).spawn(run);
        let thread = started.map_err(|error: io::Error| StoreError::Disk(error.to_string()))?;
        Ok(Self(Some(thread)))
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}
