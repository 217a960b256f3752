//! Threads that end before their owner does.

use std::io;
use std::thread::{Builder, JoinHandle};

use crate::StoreError;

/// Waits for its thread when it is dropped. What tells the thread to end must be dropped before.
pub(super) struct Joined(Option<JoinHandle<()>>);

impl Joined {
    pub(super) fn start(
        name: &str,
        run: impl FnOnce() + Send + 'static,
    ) -> Result<Self, StoreError> {
        let started = Builder::new().name(name.into()).spawn(run);
        Ok(Self(Some(started.map_err(not_started)?)))
    }
}

pub(super) fn not_started(error: io::Error) -> StoreError {
    StoreError::Disk(error.to_string())
}

impl Drop for Joined {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}
