//! The real clock: the command line is where it may be read.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, Unix seconds.
#[expect(clippy::disallowed_methods, reason = "a command's own clock is the system's")]
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}
