//! The threads that network flows run on, whatever kind of caller waits for them.

use std::future::Future;
use std::sync::{Mutex, OnceLock, PoisonError};

use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use tokio::task::JoinHandle;

use crate::errors::CoreError;

/// Two, so that what one computes does not hold up the answers that the other waits for.
const THREADS: usize = 2;

/// Runs a flow to its end, or until the caller no longer waits: then it stops at its next step and can be
/// repeated. Where the system gives no threads, the service cannot be reached.
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

/// Calls a port, which takes its time or never answers. On a thread of the flows, what else waits for that
/// thread goes on with another one.
pub(crate) fn call_port<T>(call: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(call),
        _ => call(),
    }
}

/// A number as it crosses the border.
pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn runtime() -> Option<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    static MAKING: Mutex<()> = Mutex::new(());
    if let Some(runtime) = RUNTIME.get() {
        return Some(runtime);
    }
    // One that is made twice would have to end here, where it may be polled by another one.
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = RUNTIME.get() {
        return Some(runtime);
    }
    let made = Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("szid")
        .enable_all()
        .build()
        .ok()?;
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
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::sync::oneshot;

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
    }

    #[tokio::test]
    async fn what_a_flow_came_to_is_told() {
        assert_eq!(run(async { Ok(7) }).await.unwrap(), 7);
        let refused = run(async { Err::<(), _>(CoreError::Frozen) }).await;
        assert!(matches!(refused, Err(CoreError::Frozen)));
    }

    #[tokio::test]
    async fn ports_that_do_not_answer_hold_up_their_own_flows_alone() {
        let (answers, held_up): (Vec<_>, Vec<_>) = (0..4 * THREADS)
            .map(|_| {
                let (answer, asked) = mpsc::channel::<()>();
                (answer, tokio::spawn(run(async move { Ok(call_port(|| asked.recv().is_ok())) })))
            })
            .unzip();
        // Long enough for each of them to be in its port.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let other = run(async { Ok(call_port(|| 7)) });
        assert_eq!(tokio::time::timeout(Duration::from_secs(10), other).await.unwrap().unwrap(), 7);
        for (answer, flow) in answers.into_iter().zip(held_up) {
            assert!(!flow.is_finished());
            answer.send(()).unwrap();
            assert!(flow.await.unwrap().unwrap());
        }
    }
}
