//! The thread that brings to the tables what the log has, where no scan waits for it.

use std::sync::Arc;

use crate::store::StoreError;

use super::pending::{Pending, Work};
use super::tables::Tables;
use super::thread::Joined;

/// The handle to the applying thread. Dropped, it brings all to the tables first.
pub(super) struct Applier {
    _closing: Closing,
    _thread: Joined,
}

struct Closing(Arc<Pending>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Applier {
    pub(super) fn start(tables: Tables) -> Result<Self, StoreError> {
        let pending = Arc::clone(tables.pending());
        let thread = Joined::start("szid-tables", move || run(&tables))?;
        Ok(Self { _closing: Closing(pending), _thread: thread })
    }
}

fn run(tables: &Tables) {
    let pending = tables.pending();
    let _panics = Panics(pending);
    while let Some(work) = pending.next() {
        if let Err(failure) = apply(tables, &work) {
            return pending.fail(failure);
        }
    }
}

/// Tells who waits for this thread that it is gone.
struct Panics<'a>(&'a Pending);

impl Drop for Panics<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(StoreError::Closed);
        }
    }
}

fn apply(tables: &Tables, work: &Work) -> Result<(), StoreError> {
    tables.apply(&work.groups, work.last)?;
    tables.pending().note_in_tables(work.last);
    if work.to_disk {
        tables.to_disk()?;
        tables.pending().note_on_disk(work.last);
    }
    Ok(())
}
