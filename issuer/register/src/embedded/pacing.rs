//! Slows compaction down so that scans get the CPU. A compaction takes a core for tenths of a second on end,
//! and a scan, which goes from thread to thread, would wait for that core at each step: priorities take
//! effect no sooner than after a time slice.

use std::sync::Arc;
use std::time::Duration;

use fjall::compaction::filter::{
    CompactionFilter, CompactionFilterResult, Context, Factory, ItemAccessor, Verdict,
};

/// Rows between two pauses: few, so that they end within a time slice.
const ROWS: u32 = 512;
/// How long a pause is.
const PAUSE: Duration = Duration::from_micros(300);

/// Makes each compaction pause now and then, and changes nothing of what it does.
pub(super) fn paced() -> Arc<dyn Factory> {
    Arc::new(Paced)
}

struct Paced;

impl Factory for Paced {
    fn name(&self) -> &'static str {
        "paced"
    }

    fn make_filter(&self, _: &Context) -> Box<dyn CompactionFilter> {
        Box::new(Stroke(0))
    }
}

/// The rows since the last rest.
struct Stroke(u32);

impl CompactionFilter for Stroke {
    fn filter_item(&mut self, _: ItemAccessor<'_>, _: &Context) -> CompactionFilterResult {
        self.0 += 1;
        if self.0 >= ROWS {
            self.0 = 0;
            std::thread::sleep(PAUSE);
        }
        Ok(Verdict::Keep)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::Tables;
    use crate::backend::{KeyRange, View};
    use crate::rows::Table;

    #[test]
    fn a_merge_keeps_what_is_there_and_drops_what_was_removed() {
        let folder = tempfile::tempdir().unwrap();
        let tables = Tables::open(folder.path()).unwrap();
        let keyspace = tables.keyspace(Table::Requests);
        // Three tables of several strokes each, of which later ones change rows of earlier ones.
        for part in 0..3u32 {
            for number in 0..2_000u32 {
                keyspace.insert((number + part * 1_000).to_be_bytes(), [part as u8]).unwrap();
            }
            keyspace.remove((part * 1_000).to_be_bytes()).unwrap();
            keyspace.rotate_memtable_and_wait().unwrap();
        }
        keyspace.major_compact().unwrap();
        let rows = tables
            .range(Table::Requests, KeyRange { from: Vec::new(), below: None })
            .collect::<Result<Vec<_>, _>>()
            .unwrap();
        let part = |number: u32| (number / 1_000).min(2) as u8;
        let kept = (0..4_000u32).filter(|number| ![0, 1_000, 2_000].contains(number));
        let expected: Vec<_> =
            kept.map(|number| (number.to_be_bytes().to_vec(), vec![part(number)])).collect();
        assert_eq!(rows, expected);
    }
}
