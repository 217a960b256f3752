//! The threads that network flows run on, whatever kind of caller waits for them.

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::error::WalletError;

/// Two, so that a port that takes its time on one does not hold up the answers that the other waits for.
const THREADS: usize = 2;

/// Runs a flow to its end, or until the caller no longer waits: then it stops at its next step and can be repeated.
pub(crate) async fn run<F>(flow: F) -> Result<F::Output, WalletError>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let mut task = StopOnDrop(runtime()?.spawn(flow));
    match (&mut task.0).await {
        Ok(output) => Ok(output),
        // A mistake of ours: uniffi tells the caller.
        Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
    }
}

fn runtime() -> Result<&'static Runtime, WalletError> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made = Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("szid")
        .enable_all()
        .build()
        .map_err(|_| WalletError::no_threads())?;
    // Another caller may have been faster: then its threads are used and these ones end.
    Ok(RUNTIME.get_or_init(|| made))
}

struct StopOnDrop<T>(JoinHandle<T>);

impl<T> Drop for StopOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
