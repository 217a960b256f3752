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

/// The operating system's clocks. On Linux the monotonic reading is the time since boot, the same for every process; elsewhere it
/// starts with this value, so that another process falls back to the wall clock and the known offset.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
    /// Names this process's start where the system does not name its boot.
    process: u64,
}

impl SystemClock {
    /// Starts reading.
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the port")]
    pub fn new() -> Self {
        let mut process = [0; 8];
        // Without randomness every reading has boot 0 and monotonic times may restart: still no worse than a wall clock.
        let _ = SystemEntropy.fill(&mut process);
        Self { started: Instant::now(), process: u64::from_be_bytes(process) }
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
        match since_boot() {
            Some((monotonic, boot)) => Reading { wall, monotonic, boot },
            None => {
                Reading { wall, monotonic: self.started.elapsed().as_secs(), boot: self.process }
            }
        }
    }

    fn stopwatch(&self) -> Option<Duration> {
        Some(self.started.elapsed())
    }
}

/// Seconds since boot, sleep included, and a name of the boot.
fn since_boot() -> Option<(u64, u64)> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let seconds = uptime.split(['.', ' ']).next()?.parse().ok()?;
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let digits: String = id.chars().filter(char::is_ascii_hexdigit).take(16).collect();
    Some((seconds, u64::from_str_radix(&digits, 16).ok()?))
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
