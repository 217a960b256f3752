//! One thread writes: it takes what has gathered, applies it in order, makes it durable with one fsync, and
//! then answers.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use super::mending::Mending;
use super::thread::Joined;
use crate::StoreError;
use crate::backend::Change;

/// The most changes that share one fsync.
const GROUP: usize = 512;
/// The most changes that wait: what memory a stalled disk can cost.
const QUEUE: usize = 16_384;

/// How long a change waits for company after a group of several: under load an fsync and the task switches
/// around it cost more than they must when few changes share them. A lone change is written at once.
const GATHER: Duration = Duration::from_millis(1);

/// The handle to the writing thread.
pub(super) struct Writer {
    changes: SyncSender<Change>,
    // Dropped after the sender: the thread finishes what was submitted, and ends.
    _thread: Joined,
}

impl Writer {
    pub(super) fn start(mending: Mending) -> Result<Self, StoreError> {
        let (changes, queue) = sync_channel(QUEUE);
        let _thread = Joined::start("szid-store", move || write_groups(&queue, mending))?;
        Ok(Self { changes, _thread })
    }

    /// Has a change run on the writing thread.
    pub(super) fn submit(&self, change: Change) -> Result<(), StoreError> {
        self.changes.try_send(change).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }
}

fn write_groups(queue: &Receiver<Change>, mut mending: Mending) {
    let mut in_company = false;
    let mut replies = Vec::with_capacity(GROUP);
    loop {
        let first = match mending.next_try() {
            None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(wait) => queue.recv_timeout(wait),
        };
        match first {
            Err(RecvTimeoutError::Timeout) => {}
            // With room there must be nothing left in the journal that was refused.
            Err(RecvTimeoutError::Disconnected) => return mending.try_a_last_time(),
            Ok(first) => {
                if in_company {
                    std::thread::sleep(GATHER);
                }
                let mut next = Some(first);
                while let Some(change) = next {
                    replies.push(change(mending.transaction()));
                    next = if replies.len() < GROUP { queue.try_recv().ok() } else { None };
                }
                let durable = mending.commit();
                in_company = replies.len() > 1;
                for reply in replies.drain(..) {
                    reply(durable.clone());
                }
            }
        }
        mending.try_if_due();
    }
}
