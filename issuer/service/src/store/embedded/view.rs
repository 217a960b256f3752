//! The register at one moment: the tables, and over them the groups that wait to come there.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use fjall::{Guard, Readable, Snapshot};

use crate::store::StoreError;

use super::group::{Changed, Group};
use super::tables::{Row, Table, Tables, found, reading};

/// All reads through one view see the same state.
pub(super) struct View<'a> {
    tables: &'a Tables,
    snapshot: Snapshot,
    waiting: Vec<Arc<Group>>,
}

impl<'a> View<'a> {
    pub(super) fn new(tables: &'a Tables) -> Self {
        // What the tables get meanwhile is among what waits: it is only taken from there when they have it.
        let (waiting, snapshot) = tables.pending().waiting(|| tables.snapshot());
        Self { tables, snapshot, waiting }
    }

    pub(super) fn find(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(waiting) =
            self.waiting.iter().rev().find_map(|group| group.table(table).get(key))
        {
            return Ok(waiting.clone());
        }
        found(self.snapshot.get(self.tables.keyspace(table), key))
    }

    /// Rows whose key starts with a prefix, in order.
    pub(super) fn with_prefix(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<Row, StoreError>> + use<> {
        let mut changed = self.changed(table, (Bound::Included(prefix), Bound::Unbounded));
        changed.retain(|key, _| key.starts_with(prefix));
        let rows = self.snapshot.prefix(self.tables.keyspace(table), prefix);
        merge(rows, changed.into_iter(), Ordering::Less)
    }

    /// Rows from a key on, in order.
    pub(super) fn from(
        &self,
        table: Table,
        start: &[u8],
    ) -> impl Iterator<Item = Result<Row, StoreError>> + use<> {
        let range = (Bound::Included(start), Bound::Unbounded);
        let rows = self.snapshot.range::<&[u8], _>(self.tables.keyspace(table), range);
        merge(rows, self.changed(table, range).into_iter(), Ordering::Less)
    }

    /// Rows from a key to before another, the last first.
    pub(super) fn back(
        &self,
        table: Table,
        start: &[u8],
        end: &[u8],
    ) -> impl Iterator<Item = Result<Row, StoreError>> + use<> {
        let range = (Bound::Included(start), Bound::Excluded(end));
        let rows = self.snapshot.range::<&[u8], _>(self.tables.keyspace(table), range);
        merge(rows.rev(), self.changed(table, range).into_iter().rev(), Ordering::Greater)
    }

    /// What the waiting groups make of these rows.
    fn changed<'k>(&self, table: Table, range: impl RangeBounds<&'k [u8]> + Clone) -> Changed {
        let mut changed = BTreeMap::new();
        for group in &self.waiting {
            let bounds = (owned(range.start_bound()), owned(range.end_bound()));
            let rows = group.table(table).range(bounds);
            changed.extend(rows.map(|(key, value)| (key.clone(), value.clone())));
        }
        changed
    }
}

fn owned(bound: Bound<&&[u8]>) -> Bound<Vec<u8>> {
    bound.map(|key| key.to_vec())
}

/// Rows with changes over them; both have their keys in this order.
fn merge<R: Iterator<Item = Guard>, C: Iterator<Item = (Vec<u8>, Option<Vec<u8>>)>>(
    rows: R,
    changed: C,
    order: Ordering,
) -> impl Iterator<Item = Result<Row, StoreError>> + use<R, C> {
    let mut rows = rows.map(row).peekable();
    let mut changed = changed.peekable();
    std::iter::from_fn(move || {
        loop {
            let Some((key, _)) = changed.peek() else { return rows.next() };
            match rows.peek() {
                Some(Err(_)) => return rows.next(),
                Some(Ok((row, _))) if row.cmp(key) == order => return rows.next(),
                Some(Ok((row, _))) if row == key => drop(rows.next()),
                _ => {}
            }
            if let Some((key, Some(value))) = changed.next() {
                return Some(Ok((key, value)));
            }
        }
    })
}

fn row(guard: Guard) -> Result<Row, StoreError> {
    let inner = guard.into_inner();
    inner.map(|(key, value)| (key.to_vec(), value.to_vec())).map_err(reading)
}
