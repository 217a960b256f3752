//! What one service takes on: sizes, times, and how often.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::Deserialize;

use crate::networks::Network;

/// The bounds of a service. Every default suits a city hall's machine behind one proxy.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest request body, bytes. A batch of 100 codes or of 32 proofs fits well into the default.
    pub body_bytes: usize,
    /// The longest that one request may take, seconds.
    pub request_seconds: u64,
    /// The longest that a request's body may take to arrive, seconds; no longer than the request itself. It
    /// holds no place meanwhile.
    pub body_seconds: u64,
    /// Connections at once. When there are more, those that were idle for the longest are closed, a venue's
    /// last. Scans may wait for citizens on half of them, polls on a quarter.
    pub connections: usize,
    /// Connections of one address (of one /64 for IPv6) at once: when there are more, its own idle ones are
    /// closed. The operator's proxies are not counted.
    pub connections_per_address: usize,
    /// Requests that are worked on at once, those that wait for somebody not counted: so many of venues, and
    /// so many of all others. More are answered `BUSY`.
    pub requests: usize,
    /// Requests of one token or credential that wait to be asked something; more are answered `TOO_MANY`.
    pub waiting_per_credential: usize,
    /// Requests of one address (of one /64 for IPv6). `None` for no limit.
    pub per_address: Option<Rate>,
    /// Requests with one bearer credential. `None` for no limit.
    pub per_credential: Option<Rate>,
    /// Codes with one bearer credential, however many come in one request: scanned ones, receipts, proofs of
    /// a wallet's keys, venue codes. `None` for no limit.
    pub codes_per_credential: Option<Rate>,
    /// The operator's own proxies: what they say in `X-Forwarded-For` is believed, and nobody else's word.
    pub proxies: Vec<Network>,
    /// Free space, in MB (2^20 bytes), below which a disk is nearly full: then nothing new is taken. 0 for
    /// never; when `None`, 256 MB or 5 % of the disk, whichever is less.
    pub low_water_mb: Option<u64>,
}

/// A steady rate and how much may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many in a second.
    pub per_second: NonZeroU32,
    /// How many at once.
    pub burst: NonZeroU32,
}

impl Rate {
    const fn of(per_second: u32, burst: u32) -> Option<Self> {
        match (NonZeroU32::new(per_second), NonZeroU32::new(burst)) {
            (Some(per_second), Some(burst)) => Some(Self { per_second, burst }),
            _ => None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 96 * 1024,
            request_seconds: 10,
            body_seconds: 5,
            connections: 4096,
            connections_per_address: 256,
            requests: 1024,
            waiting_per_credential: 8,
            per_address: Rate::of(100, 400),
            per_credential: Rate::of(50, 200),
            codes_per_credential: Rate::of(200, 1000),
            proxies: Vec::new(),
            low_water_mb: None,
        }
    }
}

impl Limits {
    pub(crate) fn request_time(&self) -> Duration {
        Duration::from_secs(self.request_seconds)
    }

    pub(crate) fn body_time(&self) -> Duration {
        Duration::from_secs(self.body_seconds.min(self.request_seconds))
    }
}
