//! Connections: bounded in number, in the size and time of their heads, and in how long they may outlive the
//! service.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;
use tower::Service as _;

use crate::connections::{Connection, Connections, NoPlace};
use crate::half_closed::{Patient, Working};

/// The longest that a request's head may take to arrive, and a connection may lie idle.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// The largest head, bytes.
const HEAD_BYTES: usize = 16 * 1024;
const HEADERS: usize = 64;
/// How long open requests may take to finish once the service stops.
const LAST_REQUESTS: Duration = Duration::from_secs(10);
/// The shortest time between two lines of the log on connections that got no place.
const TOLD_EACH: Duration = Duration::from_secs(60);

/// Where connections come in.
pub(crate) trait Listener: Send + 'static {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection, and where it comes from, if that has an address.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Option<IpAddr>)>> + Send;
}

impl Listener for TcpListener {
    type Stream = tokio::net::TcpStream;

    async fn accept(&self) -> io::Result<(Self::Stream, Option<IpAddr>)> {
        let (stream, address) = self.accept().await?;
        // Answers are small and are waited for.
        let _ = stream.set_nodelay(true);
        Ok((stream, Some(address.ip())))
    }
}

#[cfg(unix)]
impl Listener for tokio::net::UnixListener {
    type Stream = tokio::net::UnixStream;

    async fn accept(&self) -> io::Result<(Self::Stream, Option<IpAddr>)> {
        let (stream, _) = self.accept().await?;
        Ok((stream, None))
    }
}

/// Where a request comes from, for those that it passes.
#[derive(Clone)]
pub(crate) struct Peer {
    /// None on a local socket.
    pub(crate) address: Option<IpAddr>,
    pub(crate) connection: Arc<Connection>,
}

pub(crate) async fn serve(
    listener: Arc<impl Listener>,
    router: Router,
    connections: Arc<Connections>,
    mut stopped: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let mut refused = Refused::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // A dropped handle ends the service as well.
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: others must be closed first.
                connections.make_way();
                if let Some(times) = refused.count(Instant::now()) {
                    tracing::warn!(%error, times, "connections cannot be taken");
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let place = match connections.admit(address) {
            Ok(place) => place,
            Err(why) => {
                if let Some(times) = refused.count(Instant::now()) {
                    let why = match why {
                        NoPlace::Address => "an address has as many as it may, and all are busy",
                        NoPlace::Full => "all are busy",
                    };
                    tracing::warn!(times, why, "connections were closed at once");
                }
                continue;
            }
        };
        let peer = Peer { address, connection: Arc::clone(place.connection()) };
        let of_requests = Arc::clone(&place);
        let working = Working::default();
        let stream = Patient::new(stream, working.clone());
        let router = router.clone();
        let answer = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer.clone());
            let mut router = router.clone();
            let busy = (of_requests.busy(), working.begin());
            async move {
                let answer = call(&mut router, request.map(Body::new)).await;
                drop(busy);
                Ok::<_, Infallible>(answer)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEADERS)
            .serve_connection(TokioIo::new(stream), answer);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            tokio::select! {
                // What a client does to its own connection is its own affair.
                _ = connection => {}
                () = place.connection().closed() => {}
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(LAST_REQUESTS, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were still open when the service stopped");
    }
}

/// Connections that got no place: whoever keeps asking makes a line a minute, and not one each.
#[derive(Default)]
struct Refused {
    times: u64,
    told_at: Option<Instant>,
}

impl Refused {
    /// Counts one; how often it happened since the log was told last, where it is to be told now.
    fn count(&mut self, now: Instant) -> Option<u64> {
        self.times += 1;
        if self.told_at.is_some_and(|at| now.saturating_duration_since(at) < TOLD_EACH) {
            return None;
        }
        self.told_at = Some(now);
        Some(std::mem::take(&mut self.times))
    }
}

async fn call(router: &mut Router, request: Request<Body>) -> axum::response::Response {
    match router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_told_at_once_and_then_once_a_minute() {
        let mut refused = Refused::default();
        let start = Instant::now();
        let mut told = |seconds| refused.count(start + Duration::from_secs(seconds));
        assert_eq!(
            [0, 1, 59, 60, 61, 130].map(&mut told),
            [Some(1), None, None, Some(3), None, Some(2)]
        );
    }
}
