//! Tables are merged in short strokes. A merge takes a core for a second on end, and a scan, which goes from thread to thread, would wait
//! for that core at each step: priorities take effect no sooner than after a time slice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fjall::compaction::filter::{
    CompactionFilter, CompactionFilterResult, Context, Factory, ItemAccessor, Verdict,
};

/// How long a merge works, and then rests. Far less than a time slice.
const STROKE: Duration = Duration::from_micros(300);
const REST: Duration = Duration::from_micros(300);
/// Rows between two looks at the clock.
const ROWS: u32 = 64;

/// Makes each merge of a table pause, and changes nothing of what it does.
pub(super) fn paced() -> Arc<dyn Factory> {
    Arc::new(Paced)
}

struct Paced;

impl Factory for Paced {
    fn name(&self) -> &'static str {
        "paced"
    }

    fn make_filter(&self, _: &Context) -> Box<dyn CompactionFilter> {
        Box::new(Stroke { began: Instant::now(), rows: 0 })
    }
}

struct Stroke {
    began: Instant,
    rows: u32,
}

impl CompactionFilter for Stroke {
    fn filter_item(&mut self, _: ItemAccessor<'_>, _: &Context) -> CompactionFilterResult {
        self.rows += 1;
        if self.rows >= ROWS {
            self.rows = 0;
            if self.began.elapsed() >= STROKE {
                std::thread::sleep(REST);
                self.began = Instant::now();
            }
        }
        Ok(Verdict::Keep)
    }
}
