//! The operating system's clocks and randomness.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use szid_vault::{Entropy, EntropyError};

use crate::ports::{Clock, Reading};

/// The operating system's random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the port")]
    fn fill(&self, buf: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(buf).map_err(|_| EntropyError)
    }
}

/// The operating system's clocks. The monotonic reading goes on while the device sleeps. Where the system names its boot, as
/// Linux does, readings of several processes can be compared; elsewhere another process falls back to the wall clock
/// and the known offset.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
    /// Names the boot; this process's start where the system has no name for it.
    boot: u64,
}

impl SystemClock {
    /// Starts reading.
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the port")]
    pub fn new() -> Self {
        let of_process = || {
            let mut name = [0; 8];
            // Without randomness every reading has boot 0 and monotonic times may restart: still no worse than a wall clock.
            let _ = SystemEntropy.fill(&mut name);
            u64::from_be_bytes(name)
        };
        Self { started: Instant::now(), boot: boot_name().unwrap_or_else(of_process) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the port")]
    fn read(&self) -> Reading {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let monotonic = awake_and_asleep().unwrap_or_else(|| self.started.elapsed().as_secs());
        Reading { wall, monotonic, boot: self.boot }
    }

    fn stopwatch(&self) -> Option<Duration> {
        Some(self.started.elapsed())
    }
}

/// Seconds on the clock that goes on while the device sleeps, which `Instant` does not promise.
fn awake_and_asleep() -> Option<u64> {
    // Android's kernel is Linux; Darwin's monotonic clock counts sleep.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(target_vendor = "apple")]
    let clock = rustix::time::ClockId::Monotonic;
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    return u64::try_from(rustix::time::clock_gettime(clock).tv_sec).ok();
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    return None;
}

/// A name of the boot, where the system has one and lets this process read it.
fn boot_name() -> Option<u64> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let digits: String = id.chars().filter(char::is_ascii_hexdigit).take(16).collect();
    u64::from_str_radix(&digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_keep_their_contracts() {
        crate::contract::clock(&SystemClock::new());
        crate::contract::entropy(&SystemEntropy);
    }
}
