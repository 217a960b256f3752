//! One thread writes: it takes what has gathered, applies it in order, makes it durable with one fsync, and
//! then answers.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tokio::sync::oneshot;

use super::mending::Mending;
use super::thread::Joined;
use super::transaction::Transaction;
use crate::{Answer, StoreError};

/// The most changes that share one fsync.
const GROUP: usize = 512;
/// The most changes that wait: what memory a stalled disk can cost.
const QUEUE: usize = 16_384;

/// How long a change waits for company after a group of several: under load an fsync and the task switches
/// around it cost more than they must when few changes share them. A lone change is written at once.
const GATHER: Duration = Duration::from_millis(1);

/// Gets no transaction when the store takes no writes.
type Change = Box<dyn FnOnce(Option<&mut Transaction>) -> Reply + Send>;
/// Sends the change's result once it is known whether the disk took it.
type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

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

    /// Runs a change on the writing thread. It sees all changes before it; if it fails, nothing of it is
    /// kept.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Transaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        let (sender, receiver) = oneshot::channel();
        let boxed: Change = Box::new(move |transaction| {
            let result = match transaction {
                Some(transaction) => transaction.apply(change),
                None => Err(StoreError::ReadOnly),
            };
            Box::new(move |durable| {
                // A caller that has gone away needs no answer.
                let _ = sender.send(durable.and(result));
            })
        });
        let refused = match self.changes.try_send(boxed) {
            Ok(()) => None,
            Err(TrySendError::Full(_)) => Some(StoreError::Busy),
            Err(TrySendError::Disconnected(_)) => Some(StoreError::Closed),
        };
        Box::pin(async move {
            match refused {
                Some(error) => Err(error),
                None => receiver.await.unwrap_or(Err(StoreError::Closed)),
            }
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
