//! What every request passes: the limits, the clock that ends it, the counters and the log line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::admission::Rooms;
use super::{App, Problem, auth, problem};
use crate::limits::{ClientAddress, Limits, Rate};

/// Requests between two looks at which keys are idle and can be forgotten.
const TIDY_EVERY: u64 = 10_000;
/// Keys that are busy at once in no sound city: beyond, the operator is told. Idle ones are forgotten in any case.
const KEYS: usize = 200_000;

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

pub(super) struct Gatekeeper {
    service: App,
    request_time: Duration,
    rooms: Arc<Rooms>,
    client_address: ClientAddress,
    per_address: Option<Keyed<IpAddr>>,
    per_credential: Option<Keyed<[u8; 32]>>,
    seen: AtomicU64,
}

impl Gatekeeper {
    pub(super) fn new(service: App, limits: &Limits) -> Self {
        Self {
            service,
            request_time: limits.request_time(),
            rooms: Rooms::new(limits),
            client_address: limits.client_address,
            per_address: limits.per_address.map(limiter),
            per_credential: limits.per_credential.map(limiter),
            seen: AtomicU64::new(0),
        }
    }

    /// Seconds to wait where a rate is exceeded. The address counts first: made-up credentials buy nothing.
    fn exceeded(&self, address: IpAddr, headers: &HeaderMap) -> Option<u64> {
        if self.seen.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.per_address.iter().for_each(tidy);
            self.per_credential.iter().for_each(tidy);
        }
        let by_address = self.per_address.as_ref().and_then(|limit| wait(limit, &address));
        by_address.or_else(|| {
            let limit = self.per_credential.as_ref()?;
            wait(limit, &auth::caller_hash(&self.service, headers)?)
        })
    }

    fn address(&self, request: &Request) -> IpAddr {
        let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let forwarded = match self.client_address {
            ClientAddress::Connection => None,
            ClientAddress::ForwardedFor => last_forwarded(request.headers()),
        };
        let address = forwarded.or(connection.map(|ConnectInfo(address)| address.ip()));
        network(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
    }
}

fn limiter<K: std::hash::Hash + Eq + Clone>(rate: Rate) -> Keyed<K> {
    RateLimiter::hashmap(Quota::per_second(rate.per_second).allow_burst(rate.burst))
}

fn wait<K: std::hash::Hash + Eq + Clone>(limit: &Keyed<K>, key: &K) -> Option<u64> {
    let refused = limit.check_key(key).err()?;
    let wait = refused.wait_time_from(DefaultClock::default().now());
    Some(wait.as_secs() + 1)
}

fn tidy<K: std::hash::Hash + Eq + Clone>(limit: &Keyed<K>) {
    limit.retain_recent();
    if limit.len() > KEYS {
        tracing::warn!("more clients than a rate limit can remember");
    }
    limit.shrink_to_fit();
}

fn last_forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let value = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next()?.trim().parse().ok()
}

/// What one client can use at will counts as one address.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_none() => {
            IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into())
        }
        other => other.to_canonical(),
    }
}

pub(super) async fn pass(
    State(gatekeeper): State<Arc<Gatekeeper>>,
    request: Request,
    next: Next,
) -> Response {
    #[expect(clippy::disallowed_methods, reason = "durations are measured, not decided by")]
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let metrics = &gatekeeper.service.metrics;
    metrics.in_flight.inc();
    let response = admit(&gatekeeper, request, next).await;
    metrics.in_flight.dec();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let (status, time) = (response.status().as_u16(), started.elapsed());
    metrics.answered(route, known(&method), status, time);
    tracing::debug!(route, %method, status, micros = time.as_micros(), "answered");
    response
}

async fn admit(gatekeeper: &Gatekeeper, mut request: Request, next: Next) -> Response {
    let metrics = &gatekeeper.service.metrics;
    let address = gatekeeper.address(&request);
    if let Some(seconds) = gatekeeper.exceeded(address, request.headers()) {
        metrics.limited("rate");
        return problem::too_many(seconds);
    }
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let Some(admission) = gatekeeper.rooms.admit(route) else {
        metrics.limited("requests");
        return Problem::Busy.into_response();
    };
    request.extensions_mut().insert(admission.clone());
    let mut answer = std::pin::pin!(next.run(request));
    if let Ok(response) = tokio::time::timeout(gatekeeper.request_time, &mut answer).await {
        return response;
    }
    if let Ok(response) = tokio::time::timeout(admission.longer(), answer).await {
        return response;
    }
    metrics.limited("time");
    Problem::Timeout.into_response()
}

/// Methods are the client's words: those that no route takes count as one.
fn known(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "HEAD" => "HEAD",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_network_and_the_proxys_own_word_counts() {
        let network_of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network_of("::ffff:10.0.0.9"), "10.0.0.9");
        assert_eq!(network_of("10.0.0.9"), "10.0.0.9");
        let mut headers = HeaderMap::new();
        assert_eq!(last_forwarded(&headers), None);
        headers.append("x-forwarded-for", "1.1.1.1".parse().unwrap());
        headers.append("x-forwarded-for", "6.6.6.6, 10.0.0.9".parse().unwrap());
        assert_eq!(last_forwarded(&headers), Some("10.0.0.9".parse().unwrap()));
        headers.append("x-forwarded-for", "anything".parse().unwrap());
        assert_eq!(last_forwarded(&headers), None);
    }
}
