//! What one service takes on: sizes, times, and how often.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::Deserialize;

/// The bounds of a service. Every default suits a city hall's machine behind one proxy.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest request body, bytes. A batch of 100 codes or of 32 proofs fits well into the default.
    pub body_bytes: usize,
    /// The longest that one request may take, seconds.
    pub request_seconds: u64,
    /// Connections at once; more are closed at once. Scans may wait for citizens on half of them, polls on a quarter.
    pub connections: usize,
    /// Requests that are worked on at once, those that wait for somebody not counted; more are answered `BUSY`.
    pub requests: usize,
    /// Requests of one address (of one /64 for IPv6). `None` for no limit.
    pub per_address: Option<Rate>,
    /// Requests with one bearer credential. `None` for no limit.
    pub per_credential: Option<Rate>,
    /// Where a client's address is read.
    pub client_address: ClientAddress,
}

/// A steady rate and how much may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Requests per second.
    pub per_second: NonZeroU32,
    /// Requests at once.
    pub burst: NonZeroU32,
}

/// Where a client's address is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAddress {
    /// The connection's other end.
    #[default]
    Connection,
    /// The last entry of `X-Forwarded-For`, which the operator's own proxy has added. Never without such a proxy: clients
    /// could name any address.
    ForwardedFor,
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
            connections: 4096,
            requests: 1024,
            per_address: Rate::of(100, 400),
            per_credential: Rate::of(50, 200),
            client_address: ClientAddress::Connection,
        }
    }
}

impl Limits {
    pub(crate) fn request_time(&self) -> Duration {
        Duration::from_secs(self.request_seconds)
    }
}
