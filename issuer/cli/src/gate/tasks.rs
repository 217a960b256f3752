//! What runs around a gate, and ends with it.

use std::sync::Arc;
use std::time::Duration;

use szid_gate::Gate;
use szid_issuer::{Restarts, supervise};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long the gate's end waits for requests and scans that were begun.
const LAST_SCANS: Duration = Duration::from_millis(500);

pub(super) struct Tasks {
    gate: Arc<Gate>,
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl Tasks {
    pub(super) fn new(gate: Arc<Gate>) -> Self {
        Self { gate, stop: watch::Sender::new(false), running: JoinSet::new() }
    }

    /// Becomes true once the gate ends.
    pub(super) fn stopped(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Starts a task that must not end before the gate does: while one does not run, the gate is not ready.
    /// With the gate it is dropped, whatever it does.
    pub(super) fn keep_running<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        name: &'static str,
        start: impl Fn() -> F + Send + Sync + 'static,
    ) {
        let stopped = self.stopped();
        self.keep_until_done(name, move || {
            let (running, mut stopped) = (start(), stopped.clone());
            async move {
                tokio::select! {
                    () = running => {}
                    _ = stopped.wait_for(|stop| *stop) => {}
                }
            }
        });
    }

    /// The same of a task that knows of the gate's end, and finishes what it has begun.
    pub(super) fn keep_until_done<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        name: &'static str,
        start: impl Fn() -> F + Send + Sync + 'static,
    ) {
        let (gate, stopped) = (Arc::clone(&self.gate), self.stopped());
        self.running.spawn(async move {
            let report = |down| gate.task_is_down(down);
            supervise(name, Restarts::default(), stopped, report, start).await;
        });
    }

    /// Starts a task that knows of the gate's end, and may end before it.
    pub(super) fn start(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.running.spawn(task);
    }

    /// Ends them all: what was begun is finished, for a while.
    pub(super) async fn end(mut self) {
        self.stop.send_replace(true);
        let all = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_SCANS, all).await.is_err() {
            tracing::warn!("something was still at work when the gate closed");
        }
    }
}
