//! What every request passes: the limits, the clock that ends it, the counters and the log line.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus_client::metrics::gauge::Gauge;

use super::body::arrive_in_time;
use super::problem::Refusal;
use super::rooms::{is_of_venue, room_of};
use super::{App, Problem, auth};
use crate::access::{Rates, Rooms, Wait};
use crate::limits::Limits;
use crate::networks::{Network, client_address, share_of};
use crate::serving::Peer;
use crate::shared::Shares;

/// What an answer says that no cache may keep, whatever a proxy would keep for want of a word.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

pub(super) struct Gatekeeper {
    service: App,
    request_time: Duration,
    body_time: Duration,
    body_bytes: usize,
    rooms: Arc<Rooms>,
    proxies: Vec<Network>,
    /// Long polls, by the secret that they come with.
    polls: Shares<[u8; 32]>,
    per_address: Option<Rates<IpAddr>>,
    per_credential: Option<Rates<[u8; 32]>>,
}

impl Gatekeeper {
    pub(super) fn new(service: App, limits: &Limits) -> Self {
        Self {
            service,
            request_time: limits.request_time(),
            body_time: limits.body_time(),
            body_bytes: limits.body_bytes,
            rooms: Rooms::new(limits),
            proxies: limits.proxies.clone(),
            polls: Shares::new(limits.waiting_per_credential),
            per_address: limits.per_address.map(Rates::new),
            per_credential: limits.per_credential.map(Rates::new),
        }
    }

    /// The longest body that is read, bytes.
    pub(super) const fn body_bytes(&self) -> usize {
        self.body_bytes
    }

    /// Seconds to wait where a rate is exceeded. The address counts first: made-up credentials buy nothing.
    fn exceeded(&self, address: IpAddr, headers: &HeaderMap) -> Option<u64> {
        let by_address = self.per_address.as_ref().and_then(|rates| rates.take(&address, 1).err());
        by_address.or_else(|| {
            let rates = self.per_credential.as_ref()?;
            rates.take(&auth::caller_hash(&self.service, headers)?, 1).err()
        })
    }

    /// Whose rate a request counts for.
    fn address(&self, request: &Request) -> IpAddr {
        let peer = request.extensions().get::<Peer>();
        let peer = peer.and_then(|peer| peer.address);
        // Whoever comes by a local socket is this machine's own user.
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let forwarded = request.headers().get_all("x-forwarded-for").into_iter();
        // A value that is no text says nothing: the chain ends there.
        let forwarded = forwarded.map(|value| value.to_str().unwrap_or_default());
        share_of(client_address(peer, forwarded, &self.proxies))
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
    let metrics = &gatekeeper.service.common.metrics;
    let in_flight = InFlight::of(&metrics.in_flight);
    let mut response = admit(&gatekeeper, request, next).await;
    // Signed documents and files say how long they are good. All else is of one caller, or of this moment.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    drop(in_flight);
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let (status, time) = (response.status().as_u16(), started.elapsed());
    metrics.answered(route, known(&method), status, time);
    tracing::debug!(route, %method, status, micros = time.as_micros(), "answered");
    response
}

/// Whether a header that decides who asks, or whether it was asked before, is there more than once.
fn twice(headers: &HeaderMap) -> bool {
    let names = ["authorization", "idempotency-key"];
    names.iter().any(|name| headers.get_all(*name).iter().nth(1).is_some())
}

/// A request that is answered now. It is counted no longer once it is dropped, whether or not its client
/// waited for the answer.
struct InFlight<'a>(&'a Gauge);

impl<'a> InFlight<'a> {
    fn of(gauge: &'a Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

async fn admit(gatekeeper: &Gatekeeper, mut request: Request, next: Next) -> Response {
    let metrics = &gatekeeper.service.common.metrics;
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    // Whoever asks whether the service lives must not be told that it is busy: it would be ended for it.
    // Neither costs anything.
    if matches!(route, Some("/healthz" | "/readyz")) {
        return next.run(request).await;
    }
    let address = gatekeeper.address(&request);
    if let Some(seconds) = gatekeeper.exceeded(address, request.headers()) {
        metrics.limited("rate");
        return Refusal::from(Wait(seconds)).into_response();
    }
    // A proxy may look at another one of two than the service does.
    if twice(request.headers()) {
        return Problem::BadRequest.into_response();
    }
    let polls = matches!(route, Some("/v1/holder/consents" | "/v1/visits"));
    let poller =
        if polls { auth::caller_hash(&gatekeeper.service, request.headers()) } else { None };
    // Each of them holds a connection: one token must not hold them all.
    let share = poller.map(|poller| gatekeeper.polls.take(poller));
    if matches!(share, Some(None)) {
        metrics.limited("waiting");
        return Refusal::from(Wait(1)).into_response();
    }
    let of_venue = route.is_some_and(is_of_venue);
    let peer = request.extensions().get::<Peer>();
    let connection = peer.map(|peer| Arc::clone(&peer.connection));
    // The body comes first: whoever sends it slowly holds no place that others work on, and makes way where
    // connections run out.
    let body = std::mem::take(request.body_mut());
    let (time, most) = (gatekeeper.body_time, gatekeeper.body_bytes);
    match arrive_in_time(body, connection.as_deref(), time, most).await {
        Ok(body) => *request.body_mut() = body,
        Err(problem) => {
            if problem == Problem::Timeout {
                metrics.limited("body");
            }
            return problem.into_response();
        }
    }
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let Some(admission) = gatekeeper.rooms.admit(room_of(route)) else {
        metrics.limited("requests");
        return Problem::Busy.into_response();
    };
    request.extensions_mut().insert(admission.clone());
    let mut answer = std::pin::pin!(next.run(request));
    if let Ok(response) = tokio::time::timeout(gatekeeper.request_time, &mut answer).await {
        if let Some(connection) = connection.filter(|_| of_venue)
            && response.status().is_success()
        {
            connection.is_of_venue();
        }
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
