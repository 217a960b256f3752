//! The tables as they are open now; none for the moment in which they are opened anew.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwapOption, Guard};

use super::tables::Tables;
use crate::StoreError;

/// How often it is looked whether somebody still reads.
const LOOK: Duration = Duration::from_millis(5);

/// What readers find: no lock on their way.
pub(super) struct CurrentTables(ArcSwapOption<Tables>);

/// The tables for a look-up that is over soon.
pub(super) struct Reading(Guard<Option<Arc<Tables>>>);

impl Reading {
    pub(super) fn tables(&self) -> Result<&Tables, StoreError> {
        self.0.as_deref().ok_or(StoreError::Reopening)
    }
}

impl CurrentTables {
    pub(super) fn new(tables: Arc<Tables>) -> Self {
        Self(ArcSwapOption::new(Some(tables)))
    }

    /// For a look-up.
    pub(super) fn reading(&self) -> Reading {
        Reading(self.0.load())
    }

    /// For a longer walk.
    pub(super) fn held(&self) -> Result<Arc<Tables>, StoreError> {
        self.0.load_full().ok_or(StoreError::Reopening)
    }

    pub(super) fn open(&self, tables: Arc<Tables>) {
        self.0.store(Some(tables));
    }

    /// Takes the tables from readers and waits until nobody else holds them, `own` references apart. Gives
    /// them back to readers, and answers false, where some read on for longer than `patience`.
    pub(super) fn close(&self, own: usize, patience: Duration) -> bool {
        let Some(tables) = self.0.swap(None) else { return true };
        for _ in 0..patience.as_millis() / LOOK.as_millis() {
            // Nobody gets a new one meanwhile: the count only goes down.
            if Arc::strong_count(&tables) <= own + 1 {
                return true;
            }
            std::thread::sleep(LOOK);
        }
        self.0.store(Some(tables));
        false
    }
}
