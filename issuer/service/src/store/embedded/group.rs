//! The changes that share one fsync, and how they lie in the log.

use std::collections::BTreeMap;

use super::records::{RowReader, RowWriter};
use super::tables::{TABLES, Table};

/// Rows that were changed: `None` for one that was removed.
pub(super) type Changed = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// What one group changed, table by table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Group([Changed; TABLES]);

impl Group {
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(BTreeMap::is_empty)
    }

    pub(super) fn table(&self, table: Table) -> &Changed {
        &self.0[table as usize]
    }

    pub(super) fn table_mut(&mut self, table: Table) -> &mut Changed {
        &mut self.0[table as usize]
    }

    /// All tables, in their order.
    pub(super) fn tables(&self) -> &[Changed; TABLES] {
        &self.0
    }

    #[cfg(test)]
    pub(super) fn tables_mut(&mut self) -> &mut [Changed; TABLES] {
        &mut self.0
    }

    /// Row after row: the table's number, whether it is there, its key, and what it is.
    pub(super) fn write(&self, row: &mut RowWriter) {
        for (table, rows) in (0u8..).zip(&self.0) {
            for (key, value) in rows {
                row.byte(table);
                row.byte(value.is_some().into());
                row.bytes(key);
                if let Some(value) = value {
                    row.bytes(value);
                }
            }
        }
    }

    /// Nothing for what [`write`](Self::write) does not make.
    pub(super) fn read(mut row: RowReader<'_>) -> Option<Self> {
        let mut group = Self::default();
        while !row.is_empty() {
            let table = group.0.get_mut(usize::from(row.byte()?))?;
            let is_there = row.flag()?;
            let key = row.bytes()?.to_vec();
            let value = if is_there { Some(row.bytes()?.to_vec()) } else { None };
            table.insert(key, value);
        }
        Some(group)
    }
}
