//! What becomes of the store once a write has failed (docs/adr/0022-writes-after-a-failed-write.md). No
//! further one is taken: it is not known what the disk holds. Reading goes on. As soon as the disk takes
//! something again, the tables are closed and opened anew, and the rows of the group that failed are put back
//! as they were before it: what was refused stays refused, even where the disk had taken it after all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::current::CurrentTables;
use super::disk;
use super::leftovers::Leftovers;
use super::tables::Tables;
use crate::StoreError;
use crate::audit::{AuditHead, EMPTY};
use crate::backend::{Before, View};
use crate::rows::{NewestEntry, Rows, encode, encode_key};
use crate::rules::{Shared, Transaction};

/// Between two tries: the first pause, and the longest one, which each further try comes nearer to.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// How long it waits for those who read. Nobody begins to read meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the writing thread works on, and how it is had again.
pub(super) struct Mending {
    path: PathBuf,
    current: Arc<CurrentTables>,
    shared: Arc<Shared>,
    /// None between closing and opening anew.
    opened: Option<Opened>,
    /// Since a write failed.
    failure: Option<Failure>,
}

struct Opened {
    // Dropped before the tables that it looks at.
    _leftovers: Leftovers,
    transaction: Transaction,
    tables: Arc<Tables>,
}

struct Failure {
    /// The newest entry that was acknowledged.
    head: AuditHead,
    /// The rows of the group that failed, as they were before; read while the tables are still open.
    before: Option<Vec<Before>>,
    pause: Duration,
    next: Instant,
}

impl Mending {
    pub(super) fn new(
        path: PathBuf,
        tables: Arc<Tables>,
        shared: Arc<Shared>,
    ) -> Result<(Self, Arc<CurrentTables>), StoreError> {
        let opened = Some(open(&tables, &shared)?);
        let current = Arc::new(CurrentTables::new(Arc::clone(&tables)));
        let mending = Self { path, current: Arc::clone(&current), shared, opened, failure: None };
        Ok((mending, current))
    }

    /// What changes are applied to; none while the store takes no writes.
    pub(super) fn transaction(&mut self) -> Option<&mut Transaction> {
        let sound = self.failure.is_none();
        self.opened.as_mut().filter(|_| sound).map(|opened| &mut opened.transaction)
    }

    /// Writes what was applied.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        let sound = self.failure.is_none();
        let Some(Opened { tables, transaction, .. }) = self.opened.as_mut().filter(|_| sound)
        else {
            return Err(StoreError::ReadOnly);
        };
        let written = caught(|| transaction.commit(|changes| tables.write(changes)));
        if let Err(error) = &written {
            let head = transaction.acknowledged();
            tracing::error!(%error, "a write failed: nothing is written until the disk takes it again");
            let next = now() + FIRST_PAUSE;
            self.failure = Some(Failure { head, before: None, pause: FIRST_PAUSE, next });
        }
        written
    }

    /// How long until the next try; none while all is well.
    pub(super) fn next_try(&self) -> Option<Duration> {
        let failure = self.failure.as_ref()?;
        Some(failure.next.saturating_duration_since(now()))
    }

    pub(super) fn try_if_due(&mut self) {
        if self.next_try().is_some_and(|wait| wait.is_zero()) {
            self.try_now();
        }
    }

    /// Before the end: closing lets fjall write what it still has of the group that failed.
    pub(super) fn try_a_last_time(mut self) {
        if self.failure.is_some() {
            self.try_now();
        }
    }

    fn try_now(&mut self) {
        match caught(|| self.mend()) {
            Ok(()) => {
                self.failure = None;
                tracing::info!("the store was opened anew, and takes writes again");
            }
            Err(error) => {
                tracing::debug!(%error, "the store takes no writes yet");
                if let Some(failure) = &mut self.failure {
                    failure.next = now() + failure.pause;
                    failure.pause = (failure.pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    fn mend(&mut self) -> Result<(), StoreError> {
        let Some(failure) = &mut self.failure else { return Ok(()) };
        disk::try_it(&self.path)?;
        if let Some(opened) = &self.opened {
            if failure.before.is_none() {
                failure.before = Some(opened.transaction.before_the_group()?);
            }
            // The transaction has one other reference, and stands beside the last one.
            if !self.current.close(2, PATIENCE) {
                return Err(StoreError::Busy);
            }
            self.opened = None;
        }
        disk::write_journals_again(&self.path)?;
        let tables = Arc::new(Tables::open(&self.path)?);
        let head = Some(encode(&failure.head));
        let (table, key) = (NewestEntry::TABLE, encode_key::<NewestEntry>(&()));
        let head = [Before { table, key, value: head }];
        tables.put_back(failure.before.iter().flatten().chain(&head))?;
        if head_of(&*tables)? != failure.head {
            return Err(StoreError::Damaged("the audit's head"));
        }
        self.opened = Some(open(&tables, &self.shared)?);
        self.shared.count_registrations();
        self.current.open(tables);
        Ok(())
    }
}

fn open(tables: &Arc<Tables>, shared: &Arc<Shared>) -> Result<Opened, StoreError> {
    let (tables, shared) = (Arc::clone(tables), Arc::clone(shared));
    let transaction = Transaction::new(Arc::clone(&tables) as _, shared)?;
    Ok(Opened { _leftovers: Leftovers::watch(&tables)?, transaction, tables })
}

fn head_of(tables: &dyn View) -> Result<AuditHead, StoreError> {
    Ok(tables.find::<NewestEntry>(&())?.unwrap_or(EMPTY))
}

/// fjall panics where one of its own threads has: that is a failed write like any other.
fn caught<T>(run: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let ended = catch_unwind(AssertUnwindSafe(run));
    ended.unwrap_or_else(|_| Err(StoreError::Disk("a thread of the tables has panicked".into())))
}

#[expect(clippy::disallowed_methods, reason = "pauses between tries, on one thread of its own")]
fn now() -> Instant {
    Instant::now()
}
