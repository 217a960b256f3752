//! Groups that the log has and the tables do not have yet: who reads finds them here first.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use crate::store::StoreError;

use super::group::Group;
use super::tables::Table;

/// How long groups gather before the tables get them, unless somebody waits: a batch costs the tables much the same whatever it holds.
const GATHER: Duration = Duration::from_millis(5);

/// What waits for the tables.
#[derive(Default)]
pub(super) struct Pending {
    groups: RwLock<VecDeque<Arc<Group>>>,
    progress: Mutex<Progress>,
    /// To the applying thread: that there is something to do.
    work: Condvar,
    /// From the applying thread: that something was done.
    done: Condvar,
}

/// Numbers of groups, each the last one of its kind.
#[derive(Default)]
struct Progress {
    logged: u64,
    in_tables: u64,
    on_disk: u64,
    /// What somebody waits for to be on disk with the tables.
    wanted_on_disk: u64,
    /// The applying thread waits for work.
    idle: bool,
    closed: bool,
    failure: Option<StoreError>,
}

/// What the applying thread is to do next.
pub(super) struct Work {
    /// The groups that wait, the oldest first.
    pub(super) groups: Vec<Arc<Group>>,
    /// The number of the last of them, or of the last one before if there are none.
    pub(super) last: u64,
    /// The tables are to be on disk after it.
    pub(super) to_disk: bool,
}

impl Progress {
    fn is_urgent(&self) -> bool {
        self.closed || self.wanted_on_disk > self.on_disk
    }
}

impl Pending {
    /// Starts counting after this group, which the tables have on disk.
    pub(super) fn start_after(&self, last: u64) {
        let mut progress = self.progress();
        (progress.logged, progress.in_tables, progress.on_disk) = (last, last, last);
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a row is after the groups that wait, if any of them changed it.
    pub(super) fn find(&self, table: Table, key: &[u8]) -> Option<Option<Vec<u8>>> {
        let groups = self.groups.read().unwrap_or_else(PoisonError::into_inner);
        groups.iter().rev().find_map(|group| group.table(table).get(key).cloned())
    }

    /// All that waits, the oldest first, and what a look at the tables gives meanwhile.
    pub(super) fn waiting<T>(&self, look: impl FnOnce() -> T) -> (Vec<Arc<Group>>, T) {
        let groups = self.groups.read().unwrap_or_else(PoisonError::into_inner);
        (groups.iter().cloned().collect(), look())
    }

    /// Adds a group that the log has.
    pub(super) fn push(&self, group: Group) {
        self.groups.write().unwrap_or_else(PoisonError::into_inner).push_back(Arc::new(group));
        let mut progress = self.progress();
        progress.logged += 1;
        if progress.idle {
            self.work.notify_one();
        }
    }

    /// Waits until this group is on disk with the tables.
    ///
    /// # Errors
    /// What kept the tables from it.
    pub(super) fn settle_on_disk(&self, number: u64) -> Result<(), StoreError> {
        self.ask_on_disk(number);
        let waited = self.done.wait_while(self.progress(), |progress| {
            progress.on_disk < number && progress.failure.is_none()
        });
        let progress = waited.unwrap_or_else(PoisonError::into_inner);
        match &progress.failure {
            Some(failure) if progress.on_disk < number => Err(failure.clone()),
            _ => Ok(()),
        }
    }

    /// For tests that look at the tables themselves.
    #[cfg(test)]
    pub(super) fn settle(&self) {
        let last = self.progress().logged;
        self.settle_on_disk(last).unwrap();
    }

    /// Asks for this group to be on disk with the tables, and does not wait.
    pub(super) fn ask_on_disk(&self, number: u64) {
        let mut progress = self.progress();
        if progress.on_disk < number {
            progress.wanted_on_disk = progress.wanted_on_disk.max(number);
            self.work.notify_one();
        }
    }

    /// # Errors
    /// What keeps the tables from taking more.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.progress().failure.clone().map_or(Ok(()), Err)
    }

    /// Waits for work; nothing when there will be none any more.
    pub(super) fn next(&self) -> Option<Work> {
        let gathered =
            self.work.wait_timeout_while(self.progress(), GATHER, |progress| !progress.is_urgent());
        let (mut progress, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        progress.idle = true;
        let waited = self.work.wait_while(progress, |progress| {
            progress.logged == progress.in_tables && !progress.is_urgent()
        });
        let mut progress = waited.unwrap_or_else(PoisonError::into_inner);
        progress.idle = false;
        if progress.closed && progress.logged == progress.on_disk {
            return None;
        }
        let to_disk = progress.closed || progress.wanted_on_disk > progress.on_disk;
        let count = progress.logged - progress.in_tables;
        let last = progress.logged;
        drop(progress);
        let groups = self.groups.read().unwrap_or_else(PoisonError::into_inner);
        let groups = groups.iter().take(usize::try_from(count).unwrap_or(usize::MAX));
        Some(Work { groups: groups.cloned().collect(), last, to_disk })
    }

    /// The tables have all groups up to this one, and readers find them there.
    pub(super) fn note_in_tables(&self, last: u64) {
        let mut progress = self.progress();
        let count = usize::try_from(last - progress.in_tables).unwrap_or(usize::MAX);
        let gone: Vec<_> = {
            let mut groups = self.groups.write().unwrap_or_else(PoisonError::into_inner);
            let count = count.min(groups.len());
            groups.drain(..count).collect()
        };
        progress.in_tables = last;
        drop(progress);
        // Freed after the locks.
        drop(gone);
    }

    /// The tables are on disk up to this group.
    pub(super) fn note_on_disk(&self, last: u64) {
        self.progress().on_disk = last;
        self.done.notify_all();
    }

    /// The tables can take no more. What waits stays readable here, and in the log.
    pub(super) fn fail(&self, failure: StoreError) {
        self.progress().failure = Some(failure);
        self.done.notify_all();
    }

    /// Asks the applying thread to end when all is done.
    pub(super) fn close(&self) {
        self.progress().closed = true;
        self.work.notify_one();
    }
}
