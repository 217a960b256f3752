//! The operating system's clocks and randomness.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};
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

/// The operating system's clocks. The monotonic reading goes on while the device sleeps. Where the boot has a
/// name, readings of several processes can be compared; elsewhere it counts from the start of this process,
/// and another process falls back to the wall clock and the known offset.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
    /// Names the boot; this process's start where the boot has no name.
    boot: u64,
    /// What the clock that goes on in sleep said when it began to count here, seconds.
    from: u64,
}

impl SystemClock {
    /// Starts reading. Linux names its boot, and so does Android where it lets this process read the name.
    pub fn new() -> Self {
        Self::named(boot_name())
    }

    /// The same where a shell knows what names this boot: a count of the boots, or an id of this one.
    pub fn of_boot(name: &str) -> Self {
        let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = Sha256::digest(name).into();
        Self::named(Some(u64::from_be_bytes([a, b, c, d, e, f, g, h])))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the port")]
    fn named(boot: Option<u64>) -> Self {
        let of_process = || {
            let mut name = [0; 8];
            // Without randomness every reading has boot 0 and monotonic times may restart: still no worse
            // than a wall clock.
            let _ = SystemEntropy.fill(&mut name);
            u64::from_be_bytes(name)
        };
        let now = awake_and_asleep();
        // A clock of this process's own begins anew with each, whatever the boot is called.
        let boot = boot.filter(|_| now.is_some());
        // Whoever compares readings of two names takes the later one for the least that has gone by since.
        let from = if boot.is_some() { 0 } else { now.unwrap_or(0) };
        Self { started: Instant::now(), boot: boot.unwrap_or_else(of_process), from }
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
        let monotonic = awake_and_asleep().map(|now| now.saturating_sub(self.from));
        let monotonic = monotonic.unwrap_or_else(|| self.started.elapsed().as_secs());
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

    #[test]
    fn clocks_of_two_processes_can_be_compared_where_their_boot_has_a_name_and_else_begin_anew() {
        let two_starts = |start: fn() -> SystemClock| {
            let (before, after) = (start(), start());
            crate::contract::clocks_of_two_processes(&before, &after);
            (before.read(), after.read())
        };
        let (before, after) = two_starts(|| SystemClock::of_boot("41"));
        assert_eq!(before.boot, after.boot);
        let (before, after) = two_starts(|| SystemClock::named(None));
        assert_ne!(before.boot, after.boot, "as on a phone whose boot has no name");
        two_starts(SystemClock::new);
        assert_ne!(SystemClock::of_boot("41").boot, SystemClock::of_boot("42").boot);
    }
}
