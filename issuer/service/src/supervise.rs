//! Background tasks that must not end. One that does is told, and started again.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

/// How soon a task is started again, and when it counts as running.
#[derive(Clone, Copy, Debug)]
pub struct Restarts {
    /// The pause after it ended; each further one is twice as long.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// A task that has run for this long is sound again.
    pub steady: Duration,
}

impl Default for Restarts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { first: seconds(1), longest: seconds(60), steady: seconds(10) }
    }
}

/// Keeps a task running until `stopped` becomes true: whether it panics or returns, it is logged and started
/// again after a pause. `report` is told true when the task ended, and false once it runs again. With this
/// future its task is dropped.
pub async fn supervise<F: Future<Output = ()> + Send + 'static>(
    name: &'static str,
    restarts: Restarts,
    mut stopped: watch::Receiver<bool>,
    report: impl Fn(bool),
    start: impl Fn() -> F,
) {
    let (mut pause, mut is_down) = (restarts.first, false);
    loop {
        let mut running = JoinSet::new();
        running.spawn(start());
        let ended = match tokio::time::timeout(restarts.steady, running.join_next()).await {
            Ok(ended) => ended,
            Err(_) => {
                if std::mem::take(&mut is_down) {
                    tracing::info!(task = name, "a background task runs again");
                    report(false);
                }
                pause = restarts.first;
                running.join_next().await
            }
        };
        if *stopped.borrow() {
            return;
        }
        let panicked = ended.and_then(Result::err).is_some_and(|error: JoinError| error.is_panic());
        let seconds = pause.as_secs_f32();
        tracing::error!(
            task = name,
            panicked,
            seconds,
            "a background task ended: it is started again"
        );
        if !std::mem::replace(&mut is_down, true) {
            report(true);
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // A dropped handle ends the tasks as well.
            _ = stopped.wait_for(|stop| *stop) => return,
        }
        pause = (pause * 2).min(restarts.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::sync::mpsc;

    fn soon() -> Restarts {
        let milliseconds = Duration::from_millis;
        Restarts { first: milliseconds(1), longest: milliseconds(4), steady: milliseconds(50) }
    }

    #[tokio::test]
    async fn a_task_that_ends_is_told_and_started_again_whether_it_panics_or_returns() {
        let (stop, stopped) = watch::channel(false);
        let (told, mut reports) = mpsc::unbounded_channel();
        let starts = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&starts);
        let (on, mut ending) = (stopped.clone(), stopped.clone());
        let supervised = tokio::spawn(async move {
            let report = |down| told.send(down).unwrap();
            let start = || {
                let run = count.fetch_add(1, Ordering::SeqCst);
                let mut on = on.clone();
                async move {
                    match run {
                        0 => panic!("a fault of the task"),
                        1 => {}
                        _ => _ = on.wait_for(|stop| *stop).await,
                    }
                }
            };
            supervise("test", soon(), stopped, report, start).await;
        });
        assert_eq!(reports.recv().await, Some(true));
        assert_eq!(reports.recv().await, Some(false), "it runs again, and is told once");
        assert_eq!(starts.load(Ordering::SeqCst), 3);
        stop.send(true).unwrap();
        supervised.await.unwrap();
        assert_eq!(reports.recv().await, None, "an end that was asked for is none to tell");
        assert!(ending.wait_for(|stop| *stop).await.is_ok());
    }

    #[tokio::test]
    async fn nothing_is_started_again_once_it_is_to_stop() {
        let (stop, stopped) = watch::channel(false);
        let starts = AtomicU32::new(0);
        let start = || {
            starts.fetch_add(1, Ordering::SeqCst);
            let _ = stop.send(true);
            async {}
        };
        supervise("test", soon(), stopped, |_| panic!("told"), start).await;
        assert_eq!(starts.load(Ordering::SeqCst), 1);
    }
}
