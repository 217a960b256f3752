//! Whether this device's clock is behind, by the word of the service and of the phones.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use szid_protocol::reason::Reason;

/// For how long a comparison counts, seconds: two rounds and a half. Without a connection the clock may have
/// been set since.
const COUNTS_FOR: u64 = 150;

#[derive(Default)]
pub(crate) struct Behind {
    /// Seconds, as the service said last; 0 where the clock was not behind.
    said: AtomicU64,
    /// When it said so, by this clock.
    said_at: AtomicU64,
    /// Whether the last phone whose code was judged by its time was ahead of this clock.
    phone_is_ahead: AtomicBool,
}

impl Behind {
    pub(crate) fn note_said(&self, seconds: u64, now: u64) {
        self.said.store(seconds, Ordering::Relaxed);
        self.said_at.store(now, Ordering::Relaxed);
    }

    /// Seconds by which service and phones agree that this clock is behind.
    pub(crate) fn agreed(&self, now: u64) -> Option<u64> {
        self.said(now).filter(|_| self.phone_is_ahead.load(Ordering::Relaxed))
    }

    /// Seconds by which it is behind as the service says it, lately.
    pub(crate) fn said(&self, now: u64) -> Option<u64> {
        let is_of_now = now.abs_diff(self.said_at.load(Ordering::Relaxed)) < COUNTS_FOR;
        Some(self.said.load(Ordering::Relaxed)).filter(|seconds| *seconds > 0 && is_of_now)
    }

    pub(crate) fn note_verdict(&self, reason: Reason) {
        match reason {
            Reason::ClockAhead => self.phone_is_ahead.store(true, Ordering::Relaxed),
            Reason::Ok => self.phone_is_ahead.store(false, Ordering::Relaxed),
            _ => {}
        }
    }
}
