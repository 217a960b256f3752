//! Time as a port: tests and the demo move it.

use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// One reading of both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The wall clock, Unix seconds: what is signed and answered, and what somebody can set wrongly.
    pub wall: u64,
    /// Seconds on a clock that nobody can set, counted from some start and comparable within this process.
    pub monotonic: u64,
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now by the wall clock, Unix seconds.
    fn now(&self) -> u64;

    /// Reads both clocks at once.
    fn read(&self) -> Reading;
}

/// The system's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the port")]
    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
    }

    fn read(&self) -> Reading {
        Reading { wall: self.now(), monotonic: since_boot().unwrap_or_else(since_start) }
    }
}

/// Seconds since the machine's start, its sleep included, where the system tells them. Sleep sets no clock.
fn since_boot() -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    uptime.split(['.', ' ']).next()?.parse().ok()
}

/// Seconds since the first reading of this process.
#[expect(clippy::disallowed_methods, reason = "this is the adapter of the port")]
fn since_start() -> u64 {
    static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
    STARTED.elapsed().as_secs()
}
