//! A program's own router for others of the machine, within the service's bounds for connections and bodies.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::body::arrive_in_time;
use crate::connections::Connections;
use crate::limits::Limits;
use crate::serving::{Peer, serve};

/// Serves a program's own router until `stopped`: at most so many connections at once, of which idle ones and
/// those whose body is on its way make way, with the bounds of the service for heads, bodies and idle times.
pub async fn serve_locally(
    listener: TcpListener,
    router: Router,
    connections: usize,
    stopped: impl Future<Output = ()>,
) {
    // Whoever asks is of this machine, and all have one address.
    let limits = Limits { connections, connections_per_address: connections, ..Limits::default() };
    let bounds = Bounds { time: limits.body_time(), bytes: limits.body_bytes };
    let router = router.layer(from_fn_with_state(bounds, pass));
    let stop = watch::Sender::new(false);
    let serving = serve(Arc::new(listener), router, Connections::new(&limits), stop.subscribe());
    tokio::pin!(serving);
    tokio::select! {
        () = &mut serving => return,
        () = stopped => {}
    }
    stop.send_replace(true);
    serving.await;
}

/// Of a body.
#[derive(Clone, Copy)]
struct Bounds {
    time: Duration,
    bytes: usize,
}

/// The body comes first, so that whoever sends it slowly makes way.
async fn pass(State(bounds): State<Bounds>, mut request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<Peer>().map(|peer| Arc::clone(&peer.connection));
    let body = std::mem::take(request.body_mut());
    match arrive_in_time(body, connection.as_deref(), bounds.time, bounds.bytes).await {
        Ok(body) => *request.body_mut() = body,
        Err(problem) => return problem.into_response(),
    }
    next.run(request).await
}
