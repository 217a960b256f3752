//! What a wallet tells a log: stable words and numbers, and nothing that a holder, a service or a shell has
//! said.
//!
//! The sink is the shell's: it may wait, fail and panic. A thread of its own calls it, and a flow that finds
//! the queue full goes on without.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use uniffi::UnexpectedUniFFICallbackError;

use crate::errors::CoreError;
use crate::ports::Logged;

/// Lines that wait for a sink; what comes beyond is dropped, and counted.
const WAITING: usize = 64;

/// Where a wallet's events go: the system's log, or a file. Called on one thread of this library, one line at
/// a time.
#[uniffi::export(foreign)]
pub trait LogSink: Send + Sync {
    /// Takes a line; answers true. Whatever else it does costs that line and nothing else.
    fn log(&self, line: LogLine) -> Result<bool, LogSinkError>;
}

/// One event. Nothing in it is about the holder: it may leave the phone.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LogLine {
    /// How much it matters.
    pub level: LogLevel,
    /// What happened, as a stable word such as `refresh.failed`.
    pub event: String,
    /// More of it, as `name=value` with spaces in between: numbers, stable codes, names of ports and calls.
    pub message: String,
}

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum LogLevel {
    /// Something does not work.
    Error,
    /// Something may not work.
    Warning,
    /// Something went as it should.
    Info,
}

/// A sink did not take a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum LogSinkError {
    /// It is gone, as nobody is told.
    #[error("the line was not logged")]
    NotLogged,
}

impl From<UnexpectedUniFFICallbackError> for LogSinkError {
    fn from(_: UnexpectedUniFFICallbackError) -> Self {
        Self::NotLogged
    }
}

/// What may stand in a message.
#[derive(Clone, Copy)]
pub(crate) enum Told {
    Word(&'static str),
    Number(usize),
}

/// The way to a sink, where there is one.
#[derive(Clone, Default)]
pub(crate) struct Log(Option<Arc<Queue>>);

struct Queue {
    lines: SyncSender<LogLine>,
    dropped: AtomicU32,
}

impl Log {
    /// Where the system gives no thread, nothing is logged.
    pub(crate) fn to(sink: Option<Arc<dyn LogSink>>) -> Self {
        let Some(sink) = sink else { return Self(None) };
        let (lines, waiting) = sync_channel(WAITING);
        let begun = thread::Builder::new().name("szid-log".into()).spawn(|| pass_on(waiting, sink));
        let queue = begun.is_ok().then(|| Arc::new(Queue { lines, dropped: AtomicU32::new(0) }));
        Self(queue)
    }

    /// Never waits.
    pub(crate) fn tell(&self, level: LogLevel, event: &'static str, told: &[(&'static str, Told)]) {
        let Some(queue) = &self.0 else { return };
        let dropped = queue.dropped.swap(0, Ordering::Relaxed);
        let told = told.iter().map(|(name, told)| match told {
            Told::Word(word) => format!("{name}={word}"),
            Told::Number(number) => format!("{name}={number}"),
        });
        let before = (dropped > 0).then(|| format!("dropped_before={dropped}"));
        let message = told.chain(before).collect::<Vec<_>>().join(" ");
        let line = LogLine { level, event: event.to_owned(), message };
        if queue.lines.try_send(line).is_err() {
            queue.dropped.fetch_add(dropped.saturating_add(1), Ordering::Relaxed);
        }
    }

    /// The outcome of a flow, by its code alone.
    pub(crate) fn failed(&self, event: &'static str, code: &'static str) {
        self.tell(LogLevel::Warning, event, &[("code", Told::Word(code))]);
    }

    /// The same of an outcome, which it hands on.
    pub(crate) fn outcome<T>(
        &self,
        event: &'static str,
        outcome: Result<T, CoreError>,
    ) -> Result<T, CoreError> {
        outcome.inspect_err(|error| self.failed(event, error.code()))
    }

    /// What the vault found: records that are lost were damaged in both copies.
    pub(crate) fn opened(&self, report: &szid_wallet::OpenReport) {
        let is_whole = report.repair.is_none() && report.lost.is_empty();
        let level = if is_whole { LogLevel::Info } else { LogLevel::Warning };
        let told = [
            ("created", Told::Number(usize::from(report.created))),
            ("repaired", Told::Number(usize::from(report.repair.is_some()))),
            ("migrated", Told::Number(usize::from(report.migrated_from.is_some()))),
            ("compacted", Told::Number(usize::from(report.compacted))),
            ("lost", Told::Number(report.lost.len())),
        ];
        self.tell(level, "vault.opened", &told);
    }

    /// A port whose failures are told.
    pub(crate) fn hears<P>(&self, port: P) -> Arc<Logged<P>> {
        Arc::new(Logged { port, log: self.clone() })
    }

    /// A port's failure.
    pub(crate) fn port<T, E: PortFault>(
        &self,
        port: &'static str,
        call: &'static str,
        outcome: Result<T, E>,
    ) -> Result<T, E> {
        if let Err(fault) = &outcome {
            let told = [
                ("port", Told::Word(port)),
                ("call", Told::Word(call)),
                ("fault", Told::Word(fault.word())),
            ];
            self.tell(LogLevel::Warning, "port.failed", &told);
        }
        outcome
    }
}

/// A port's error as a stable word: its case.
pub(crate) trait PortFault {
    fn word(&self) -> &'static str;
}

impl PortFault for szid_wallet::KeyError {
    fn word(&self) -> &'static str {
        match self {
            Self::Lost => "Lost",
            Self::Unavailable => "Unavailable",
            Self::NotAllowed => "NotAllowed",
            Self::WrongSignature => "WrongSignature",
            Self::TooLate => "TooLate",
            _ => "Other",
        }
    }
}

impl PortFault for szid_wallet::SealingError {
    fn word(&self) -> &'static str {
        match self {
            Self::Lost => "Lost",
            Self::Unavailable => "Unavailable",
            Self::Rejected => "Rejected",
            _ => "Other",
        }
    }
}

impl PortFault for szid_wallet::PromptError {
    fn word(&self) -> &'static str {
        match self {
            Self::NotSetUp => "NotSetUp",
            Self::NotAllowed => "NotAllowed",
            Self::Unavailable => "Unavailable",
        }
    }
}

impl PortFault for szid_wallet::HttpError {
    fn word(&self) -> &'static str {
        match self {
            Self::Unreachable => "Unreachable",
            Self::TooLarge => "TooLarge",
            _ => "Other",
        }
    }
}

/// Ends with the last wallet that tells anything, once the lines that wait are passed on.
#[expect(clippy::needless_pass_by_value, reason = "what a thread owns")]
fn pass_on(waiting: Receiver<LogLine>, sink: Arc<dyn LogSink>) {
    while let Ok(line) = waiting.recv() {
        // A line that is not taken is gone; the next one is tried all the same.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| sink.log(line)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    struct Keeping(mpsc::Sender<LogLine>);

    impl LogSink for Mutex<Keeping> {
        fn log(&self, line: LogLine) -> Result<bool, LogSinkError> {
            self.lock().unwrap().0.send(line).unwrap();
            Ok(true)
        }
    }

    /// Waits for leave before the first line, then panics at each second one.
    struct Hostile(Mutex<Receiver<()>>, Mutex<Vec<LogLine>>);

    impl LogSink for Hostile {
        fn log(&self, line: LogLine) -> Result<bool, LogSinkError> {
            if self.1.lock().unwrap().is_empty() {
                self.0.lock().unwrap().recv().unwrap();
            }
            let number = {
                let mut lines = self.1.lock().unwrap();
                lines.push(line);
                lines.len()
            };
            assert!(number % 2 == 1, "no log");
            Err(LogSinkError::NotLogged)
        }
    }

    #[test]
    fn lines_come_in_order_with_their_words_and_numbers() {
        let (tell, told) = mpsc::channel();
        let log = Log::to(Some(Arc::new(Mutex::new(Keeping(tell)))));
        let numbers = [("made", Told::Number(3)), ("of", Told::Number(7))];
        log.tell(LogLevel::Info, "enrol.keys", &numbers);
        log.failed("refresh.failed", "WALLET_NETWORK");
        let lost: Result<(), _> = log.port("DeviceKeys", "sign", Err(szid_wallet::KeyError::Lost));
        assert!(lost.is_err() && log.port::<_, szid_wallet::KeyError>("", "", Ok(())).is_ok());
        let lines: Vec<_> =
            (0..3).map(|_| told.recv_timeout(Duration::from_secs(5)).unwrap()).collect();
        let said: Vec<_> = lines.iter().map(|line| (&*line.event, &*line.message)).collect();
        assert_eq!(
            said,
            [
                ("enrol.keys", "made=3 of=7"),
                ("refresh.failed", "code=WALLET_NETWORK"),
                ("port.failed", "port=DeviceKeys call=sign fault=Lost"),
            ]
        );
        drop(log);
        assert!(told.recv_timeout(Duration::from_secs(5)).is_err(), "and the thread ends");
    }

    #[test]
    fn a_sink_that_waits_and_panics_costs_lines_and_holds_up_nobody() {
        let (go, leave) = mpsc::channel();
        let sink = Arc::new(Hostile(Mutex::new(leave), Mutex::default()));
        let log = Log::to(Some(sink.clone()));
        // One is in the sink's hands at most; the queue is full before the last ones.
        for _ in 0..200 {
            log.tell(LogLevel::Info, "event", &[]);
        }
        go.send(()).unwrap();
        let lines = || sink.1.lock().unwrap().len();
        let waited = (0..500).any(|_| {
            thread::sleep(Duration::from_millis(10));
            lines() >= WAITING
        });
        assert!(waited && lines() <= WAITING + 1, "{}", lines());
        // What is dropped is told by the next line that is not: in two of them, where the sink took its first
        // line in between.
        log.tell(LogLevel::Info, "after", &[]);
        let dropped = |line: &LogLine| {
            line.message.strip_prefix("dropped_before=").map_or(0, |number| number.parse().unwrap())
        };
        let counted = || {
            let lines = sink.1.lock().unwrap();
            lines.len() + lines.iter().map(dropped).sum::<usize>()
        };
        let told = (0..500).any(|_| {
            thread::sleep(Duration::from_millis(10));
            counted() == 201
        });
        assert!(told, "{}", counted());
    }
}
