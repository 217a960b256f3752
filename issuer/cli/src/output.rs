//! Output that nothing waits for: log lines, and a gate's verdicts.
//!
//! A reader that has gone, a pipe that nobody empties or a full disk costs lines, which are counted, and
//! never the process or its time: a thread of its own writes what a bounded queue holds.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// How long the end of the process waits for what is still queued.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The writing end. Clones share queue and count.
#[derive(Clone)]
pub(crate) struct LossyOutput {
    queue: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
}

enum Message {
    Line(Vec<u8>),
    /// Answered once everything before it is written or lost.
    Flush(SyncSender<()>),
}

impl LossyOutput {
    /// Starts the thread that writes to `sink`. At most `lines` wait; more are dropped.
    pub(crate) fn start(
        name: &str,
        lines: usize,
        sink: impl Write + Send + 'static,
    ) -> io::Result<Self> {
        let (queue, waiting) = sync_channel(lines);
        let dropped = Arc::<AtomicU64>::default();
        let lost = Arc::clone(&dropped);
        let thread = std::thread::Builder::new().name(name.into());
        thread.spawn(move || write_lines(&waiting, sink, &lost))?;
        Ok(Self { queue, dropped })
    }

    /// How many lines were not written, for whoever counts them.
    pub(crate) fn dropped(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.dropped)
    }

    /// Hands one whole line over, if there is room for it.
    pub(crate) fn line(&self, line: &[u8]) {
        if self.queue.try_send(Message::Line(line.to_vec())).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits for what was handed over, but not for a reader who does not read.
    pub(crate) fn finish(&self) {
        let (done, written) = sync_channel(1);
        if self.queue.try_send(Message::Flush(done)).is_ok() {
            let _ = written.recv_timeout(LAST_LINES);
        }
    }
}

/// `tracing-subscriber` hands over each event with one call. It never hears of a failure: it would tell
/// standard error of it.
impl Write for LossyOutput {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.line(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_lines(queue: &Receiver<Message>, mut sink: impl Write, dropped: &AtomicU64) {
    let mut torn = false;
    while let Ok(message) = queue.recv() {
        match message {
            Message::Line(line) => {
                // A full disk may have taken half of the line before: the next one starts on a line of its
                // own.
                let begun = if torn { sink.write_all(b"\n") } else { Ok(()) };
                torn =
                    begun.and_then(|()| sink.write_all(&line)).and_then(|()| sink.flush()).is_err();
                if torn {
                    dropped.fetch_add(1, Ordering::Relaxed);
                }
            }
            Message::Flush(done) => _ = done.try_send(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    fn pipe() -> (io::PipeReader, io::PipeWriter) {
        io::pipe().unwrap()
    }

    fn count(output: &LossyOutput) -> u64 {
        output.dropped().load(Ordering::Relaxed)
    }

    #[cfg(unix)]
    #[test]
    fn lines_arrive_in_order_and_whole() {
        let (reader, writer) = pipe();
        let output = LossyOutput::start("test", 8, writer).unwrap();
        output.line(b"one\n");
        output.line(b"two\n");
        output.finish();
        drop(output);
        assert_eq!(io::read_to_string(reader).unwrap(), "one\ntwo\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_reader_that_has_gone_costs_lines_and_nothing_else() {
        let (reader, writer) = pipe();
        drop(reader);
        let output = LossyOutput::start("test", 8, writer).unwrap();
        for _ in 0..3 {
            output.line(b"lost\n");
            output.finish();
        }
        assert_eq!(count(&output), 3);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_that_nobody_empties_holds_nothing_up() {
        let (_reader, writer) = pipe();
        let output = LossyOutput::start("test", 8, writer).unwrap();
        // Far more than a pipe and the queue hold.
        for _ in 0..1000 {
            output.line(&[b'x'; 4096]);
        }
        output.finish();
        assert!(count(&output) > 900, "{}", count(&output));
    }

    /// Takes half of what it gets while it is full, as a disk does.
    struct Disk(Arc<std::sync::Mutex<(Vec<u8>, bool)>>);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut disk = self.0.lock().unwrap();
            match (disk.1, bytes.len()) {
                (false, _) => disk.0.extend(bytes),
                (true, 0..=3) => return Err(io::ErrorKind::StorageFull.into()),
                (true, length) => {
                    disk.0.extend(&bytes[..length / 2]);
                    return Ok(length / 2);
                }
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn after_a_full_disk_lines_are_whole_again() {
        let disk = Arc::new(std::sync::Mutex::new((Vec::new(), true)));
        let output = LossyOutput::start("test", 8, Disk(Arc::clone(&disk))).unwrap();
        output.line(b"{\"lost\":1}\n");
        output.finish();
        disk.lock().unwrap().1 = false;
        output.line(b"{\"kept\":2}\n");
        output.finish();
        let written = String::from_utf8(disk.lock().unwrap().0.clone()).unwrap();
        assert!(written.ends_with("\n{\"kept\":2}\n"), "{written}");
        assert_eq!(count(&output), 1);
    }
}
