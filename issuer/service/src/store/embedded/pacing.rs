//! Tables are merged in short strokes. A merge takes a core for a second on end, and a scan, which goes from thread to thread, would wait
//! for that core at each step: priorities take effect no sooner than after a time slice.

use std::sync::Arc;
use std::time::Duration;

use fjall::compaction::filter::{
    CompactionFilter, CompactionFilterResult, Context, Factory, ItemAccessor, Verdict,
};

/// Rows in a stroke: some tenths of a millisecond, far less than a time slice.
const STROKE: u32 = 512;
/// Between two strokes: about as long as one takes.
const REST: Duration = Duration::from_micros(300);

/// Makes each merge of a table rest now and then, and changes nothing of what it does.
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
        if self.0 >= STROKE {
            self.0 = 0;
            std::thread::sleep(REST);
        }
        Ok(Verdict::Keep)
    }
}
