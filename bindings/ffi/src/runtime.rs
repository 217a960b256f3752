//! The threads that network flows run on, whatever kind of caller waits for them.

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::errors::CoreError;

/// Two, so that a port that takes its time on one does not hold up the answers that the other waits for.
const THREADS: usize = 2;

/// Runs a flow to its end, or until the caller no longer waits: then it stops at its next step and can be repeated.
/// Where the system gives no threads, the service cannot be reached.
pub(crate) async fn run<T: Send + 'static>(
    flow: impl Future<Output = Result<T, CoreError>> + Send + 'static,
) -> Result<T, CoreError> {
    let runtime = runtime().ok_or(CoreError::Network)?;
    let mut task = StopOnDrop(runtime.spawn(flow));
    match (&mut task.0).await {
        Ok(output) => output,
        // A mistake of ours: uniffi tells the caller.
        Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
    }
}

/// The same for flows whose futures stay on one thread: each gets a thread of its own, as long as it goes on.
pub(crate) async fn run_on_own_thread<T, F>(
    begin: impl FnOnce() -> F + Send + 'static,
) -> Result<T, CoreError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, CoreError>>,
{
    let runtime = runtime().ok_or(CoreError::Network)?;
    // Closed when the caller no longer waits.
    let (_waits, gone) = oneshot::channel::<()>();
    let flow = runtime.spawn_blocking(move || {
        Handle::current().block_on(async move {
            tokio::select! {
                // Where both are ready, what was done is told.
                biased;
                output = begin() => output,
                _ = gone => Err(CoreError::Network),
            }
        })
    });
    match flow.await {
        Ok(output) => output,
        // As above; nobody aborts these.
        Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
    }
}

/// A number as it crosses the border.
pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn runtime() -> Option<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Some(runtime);
    }
    let made = Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("szid")
        .enable_all()
        .build()
        .ok()?;
    // Another caller may have been faster: then its threads are used and these ones end.
    Some(RUNTIME.get_or_init(|| made))
}

struct StopOnDrop<T>(JoinHandle<T>);

impl<T> Drop for StopOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Tells when it is let go of.
    struct Held(Option<oneshot::Sender<()>>);

    impl Drop for Held {
        fn drop(&mut self) {
            let _ = self.0.take().map(|tell| tell.send(()));
        }
    }

    async fn for_ever(held: Held) -> Result<(), CoreError> {
        let _held = held;
        std::future::pending().await
    }

    #[tokio::test]
    async fn a_flow_that_nobody_waits_for_stops() {
        let second = Duration::from_secs(1);
        let (tell, stopped) = oneshot::channel();
        let flow = run(for_ever(Held(Some(tell))));
        assert!(tokio::time::timeout(second / 10, flow).await.is_err());
        tokio::time::timeout(5 * second, stopped).await.unwrap().unwrap();

        let (tell, stopped) = oneshot::channel();
        let flow = run_on_own_thread(move || for_ever(Held(Some(tell))));
        assert!(tokio::time::timeout(second / 10, flow).await.is_err());
        tokio::time::timeout(5 * second, stopped).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn what_a_flow_came_to_is_told() {
        assert_eq!(run(async { Ok(7) }).await.unwrap(), 7);
        assert_eq!(run_on_own_thread(async || Ok(7)).await.unwrap(), 7);
        let refused = run_on_own_thread(async || Err::<(), _>(CoreError::Frozen)).await;
        assert!(matches!(refused, Err(CoreError::Frozen)));
    }
}
