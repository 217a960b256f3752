//! A disk that fails, for tests. It refuses a group, and has it all the same once the tables are closed, as
//! fjall may (docs/adr/0022-writes-after-a-failed-write.md).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use fjall::OwnedWriteBatch;

use crate::StoreError;

#[derive(Default)]
pub(super) struct Fault {
    is_next: AtomicBool,
    refused: Mutex<Option<OwnedWriteBatch>>,
}

impl Fault {
    /// The next group fails.
    pub(super) fn fail_next(&self) {
        self.is_next.store(true, Ordering::Relaxed);
    }

    /// Gives a group back that is not to fail.
    pub(super) fn pass(&self, group: OwnedWriteBatch) -> Result<OwnedWriteBatch, StoreError> {
        if !self.is_next.swap(false, Ordering::Relaxed) {
            return Ok(group);
        }
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(group);
        Err(StoreError::Disk("no room, in a test".into()))
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        let refused = self.refused.get_mut().unwrap_or_else(PoisonError::into_inner);
        refused.take().map_or(Ok(()), OwnedWriteBatch::commit).unwrap();
    }
}
