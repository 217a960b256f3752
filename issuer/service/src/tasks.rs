//! What runs in the background of a service, and ends with it.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use tokio::sync::watch;
use tokio::task::JoinSet;

#[cfg(unix)]
use crate::admin_socket::AdminSocket;
use crate::connections::Connections;
use crate::limits::Limits;
use crate::service::Service;
use crate::serving::{Listener, serve};
use crate::start_error::StartError;
use crate::supervise::{Restarts, supervise};

/// The tasks of one service.
pub(crate) struct Tasks {
    service: Arc<Service>,
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl Tasks {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service, stop: watch::Sender::new(false), running: JoinSet::new() }
    }

    /// Becomes true once the service is to stop.
    pub(crate) fn stopped(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Starts a task that must not end before the service does: while one does not run, the service is not
    /// ready.
    pub(crate) fn keep_running<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        name: &'static str,
        start: impl Fn(Arc<Service>, watch::Receiver<bool>) -> F + Send + Sync + 'static,
    ) {
        let (service, stopped) = (Arc::clone(&self.service), self.stopped());
        self.running.spawn(async move {
            let report = |down| service.task_is_down(down);
            let start = || start(Arc::clone(&service), stopped.clone());
            supervise(name, Restarts::default(), stopped.clone(), report, start).await;
        });
    }

    /// Keeps serving what comes in by a listener, which is closed as soon as the service is to stop.
    pub(crate) fn keep_serving<L: Listener + Sync>(
        &mut self,
        name: &'static str,
        listener: L,
        router: Router,
        limits: &Limits,
    ) {
        let listener = Arc::new(listener);
        let (weak, connections) = (Arc::downgrade(&listener), Connections::new(limits));
        self.keep_running(name, move |_, stopped| {
            let (listener, router) = (weak.upgrade(), router.clone());
            let connections = Arc::clone(&connections);
            async move {
                if let Some(listener) = listener {
                    serve(listener, router, connections, stopped).await;
                }
            }
        });
        // Outlives a serving task that panics.
        self.keep_until_stopped(listener);
    }

    /// Serves the administration on a local socket.
    #[cfg(unix)]
    pub(crate) fn administer(&mut self, path: &Path, limits: &Limits) -> Result<(), StartError> {
        let AdminSocket { listener, file } =
            AdminSocket::bind(path).map_err(StartError::AdminSocket)?;
        let router = crate::http::admin_router(Arc::clone(&self.service), limits);
        self.keep_serving("administration", listener, router, limits);
        // The socket's file goes when nothing is taken any more.
        self.keep_until_stopped(file);
        Ok(())
    }

    #[cfg(not(unix))]
    pub(crate) fn administer(&mut self, _: &Path, _: &Limits) -> Result<(), StartError> {
        Err(StartError::AdminSocket(std::io::ErrorKind::Unsupported.into()))
    }

    fn keep_until_stopped(&mut self, held: impl Send + 'static) {
        let mut stopped = self.stopped();
        self.running.spawn(async move {
            let _ = stopped.wait_for(|stop| *stop).await;
            drop(held);
        });
    }

    /// Tells all of them that the service is to stop.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until the last one has ended.
    ///
    /// # Errors
    /// When one had failed.
    pub(crate) async fn ended(&mut self) -> std::io::Result<()> {
        while let Some(ended) = self.running.join_next().await {
            ended.map_err(std::io::Error::other)?;
        }
        Ok(())
    }
}
