//! Frees old memtables and files on a background thread: those that are on disk by now, or compacted into
//! others.
//!
//! fjall drops its last reference to either under the lock that every read and write of the table takes.
//! Freeing a memtable of 8 MB, entry by entry, took 35 ms there, and removing files as long: all scans
//! waited. With references held here for longer, what fjall drops is a count.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use fjall::AbstractTree;

use super::background::in_background;
use super::tables::Tables;
use super::thread::Joined;
use crate::StoreError;

/// How often it looks. Far less than a memtable takes to fill: each is seen before it can go.
const INTERVAL: Duration = Duration::from_millis(100);
/// For how many looks, 10 s, it keeps files that are of no more use. fjall lets go of them when any table is
/// flushed next: under load that is sooner, and without load nobody waits.
const KEPT: u32 = 100;

/// The handle to the freeing thread.
pub(super) struct Leftovers {
    // Dropped before the thread: tells it to end.
    _stop: Sender<()>,
    _thread: Joined,
}

impl Leftovers {
    pub(super) fn watch(tables: &Tables) -> Result<Self, StoreError> {
        let keyspaces = tables.keyspaces().to_vec();
        let (stop, stopped) = channel::<()>();
        let watch = move || {
            let (mut memtables, mut versions) = (Vec::new(), Vec::new());
            let versions_now = keyspaces.iter().map(|keyspace| keyspace.tree.current_version());
            let mut current: Vec<_> = versions_now.collect();
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                for (keyspace, current) in keyspaces.iter().zip(&mut current) {
                    let memtable = keyspace.tree.active_memtable();
                    if !memtables.iter().any(|known| Arc::ptr_eq(known, &memtable)) {
                        memtables.push(memtable);
                    }
                    let version = keyspace.tree.current_version();
                    if version.id() != current.id() {
                        versions.push((KEPT, std::mem::replace(current, version)));
                    }
                }
                memtables.retain(|memtable| Arc::strong_count(memtable) > 1);
                versions.retain_mut(|(looks, _)| {
                    *looks -= 1;
                    *looks > 0
                });
            }
        };
        let _thread = in_background(|| Joined::start("szid-leftovers", watch))??;
        Ok(Self { _stop: stop, _thread })
    }
}
