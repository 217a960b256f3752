//! Where one scan ends and the next begins, in what a scanner sends: at a line end, at the length that a code
//! states, or after a silence, as the scanner is set.

use std::io;
use std::time::Duration;

use szid_verifier::scanner::{MAX_FRAME, end_of_code};
use tokio::io::{AsyncRead, AsyncReadExt};

/// The longest line that is kept, bytes; the rest of a longer one is read and dropped.
const MAX_LINE: usize = 4096;
/// How long a scanner is silent between two scans, and not within one: at 1,200 bit/s a character takes 8 ms.
pub const SILENCE: Duration = Duration::from_millis(150);

/// The lines of a scanner. Nothing is lost when [`Lines::next`] is dropped before it is done.
pub(crate) struct Lines<R> {
    input: R,
    silence: Option<Duration>,
    /// What has come and is not given on.
    held: Vec<u8>,
    /// Whether what comes now follows a code that was given on, with no line end and no silence since.
    follows_code: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(crate) const fn new(input: R, silence: Option<Duration>) -> Self {
        Self { input, silence, held: Vec::new(), follows_code: false }
    }

    /// The next line that is not empty; `None` at the end of the input.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(line) = self.take_line() {
                return Ok(Some(line));
            }
            self.held.truncate(MAX_LINE);
            let is_between = self.held.is_empty() && !self.follows_code;
            let reading = self.input.read_buf(&mut self.held);
            let read = match self.silence.filter(|_| !is_between) {
                None => Ok(reading.await),
                Some(silence) => tokio::time::timeout(silence, reading).await,
            };
            match read {
                Ok(Ok(0)) => return Ok(self.take_rest()),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(error),
                Err(_silent) => {
                    if let Some(line) = self.take_rest() {
                        return Ok(Some(line));
                    }
                }
            }
        }
    }

    /// The first whole line of what is held.
    fn take_line(&mut self) -> Option<Vec<u8>> {
        while let Some(end) = self.held.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
            if let Some(line) = self.take_code(end) {
                return Some(line);
            }
            let mut line: Vec<u8> = self.held.drain(..=end).collect();
            line.pop();
            if let Some(line) = self.keep(line) {
                return Some(line);
            }
        }
        self.take_code(self.held.len())
    }

    /// A whole code at the start of a line that goes on, or goes on to `end`.
    fn take_code(&mut self, end: usize) -> Option<Vec<u8>> {
        let end = end_of_code(&self.held[..end])?;
        self.follows_code = true;
        Some(self.held.drain(..end).collect())
    }

    fn take_rest(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.held);
        self.keep(line)
    }

    /// A line that came to its end, unless it is empty or the suffix of the code before.
    fn keep(&mut self, mut line: Vec<u8>) -> Option<Vec<u8>> {
        line.truncate(MAX_LINE);
        let is_suffix = std::mem::take(&mut self.follows_code) && line.len() <= MAX_FRAME;
        (!is_suffix && !line.trim_ascii().is_empty()).then_some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use szid_protocol::digits;
    use tokio::io::AsyncWriteExt;

    /// The outer shape of a code, with its own length in it.
    fn code(fill: u8) -> String {
        let mut bytes = vec![0x84, 0x58, 150];
        bytes.extend([fill; 150]);
        bytes.extend([0xa0, 0x40]);
        bytes.extend([0x58, 64]);
        bytes.extend([fill; 64]);
        digits::encode(&bytes)
    }

    async fn lines_of(input: impl AsyncRead + Unpin) -> Vec<String> {
        let mut lines = Lines::new(input, Some(SILENCE));
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            all.push(String::from_utf8(line).unwrap());
        }
        all
    }

    #[tokio::test]
    async fn lines_end_with_any_line_end_and_are_bounded() {
        let long = "x".repeat(1 << 20);
        let text = format!("one\rtwo\r\nthree\n{long}\nlast");
        let lines = lines_of(text.as_bytes()).await;
        assert_eq!(lines, ["one", "two", "three", &long[..MAX_LINE], "last"]);
    }

    #[tokio::test]
    async fn codes_without_a_line_end_are_as_many_lines() {
        let [one, two] = [code(1), code(2)];
        for (between, after) in
            [("", ""), ("\r", ""), ("P01", ""), ("#END", "#END"), ("\t", "\t\r")]
        {
            let text = format!("{one}{between}{two}{after}");
            let lines = lines_of(text.as_bytes()).await;
            assert_eq!(lines.len(), 2, "{between}: {lines:?}");
            assert!(lines[0] == one && lines[1].ends_with(&two), "{between}: {lines:?}");
        }
    }

    /// A scanner whose lines end after a silence, and its other end.
    fn scanner(silence: Duration) -> (Lines<impl AsyncRead + Unpin>, impl AsyncWriteExt + Unpin) {
        let (scanner, input) = tokio::io::duplex(8192);
        (Lines::new(input, Some(silence)), scanner)
    }

    const SOON: Duration = Duration::from_millis(5);
    const NEVER: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn a_line_goes_on_until_a_silence() {
        let (mut lines, mut scanner) = scanner(NEVER);
        for part in ["one", " and a half"] {
            scanner.write_all(part.as_bytes()).await.unwrap();
            let early = tokio::time::timeout(SOON, lines.next()).await;
            assert!(early.is_err(), "{early:?}");
        }
        lines.silence = Some(SOON);
        assert_eq!(lines.next().await.unwrap().unwrap(), b"one and a half");
    }

    #[tokio::test]
    async fn a_program_that_is_slow_within_a_code_sends_one_line() {
        let (mut lines, mut scanner) = scanner(SOON);
        lines.silence = None;
        let one = code(1);
        let (start, rest) = one.split_at(300);
        scanner.write_all(start.as_bytes()).await.unwrap();
        let early = tokio::time::timeout(SOON * 10, lines.next()).await;
        assert!(early.is_err(), "{early:?}");
        scanner.write_all(rest.as_bytes()).await.unwrap();
        assert_eq!(lines.next().await.unwrap().unwrap(), one.as_bytes());
    }

    #[tokio::test]
    async fn a_code_waits_for_no_silence_and_its_suffix_is_no_line() {
        let (mut lines, mut scanner) = scanner(NEVER);
        let one = code(1);
        scanner.write_all(one.as_bytes()).await.unwrap();
        assert_eq!(lines.next().await.unwrap().unwrap(), one.as_bytes());
        scanner.write_all(b"#END").await.unwrap();
        lines.silence = Some(SOON);
        let nothing = tokio::time::timeout(SOON * 10, lines.next()).await;
        assert!(nothing.is_err(), "{nothing:?}");
        // After a silence nothing follows the code any more.
        scanner.write_all(b"payment").await.unwrap();
        assert_eq!(lines.next().await.unwrap().unwrap(), b"payment");
    }
}
