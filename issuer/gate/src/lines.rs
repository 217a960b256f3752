//! Scanners that send lines: a serial device, a keyboard on standard input. One line in, one verdict as JSON out.

use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWriteExt};

use crate::gate::{Gate, GateAnswer};

/// The longest line that is kept, bytes; the rest of a longer one is read and dropped.
const MAX_LINE: usize = 4096;
/// How long a command may take.
const COMMAND_TIME: Duration = Duration::from_secs(5);

/// Reads lines until the input ends, and hands a line with its verdict to `output` for each. Whoever reads those may go away:
/// the gate stays.
///
/// # Errors
/// When the input fails.
pub async fn run(
    gate: Arc<Gate>,
    mut input: impl AsyncBufRead + Unpin,
    output: impl Fn(&[u8]),
    command: Option<&str>,
) -> io::Result<()> {
    while let Some(line) = next_line(&mut input).await? {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let text = String::from_utf8_lossy(&line).into_owned();
        let gate = Arc::clone(&gate);
        let scanned = tokio::task::spawn_blocking(move || gate.scan(&text, "")).await;
        let answer = scanned.map_err(io::Error::other)?;
        let mut json = serde_json::to_vec(&answer).map_err(io::Error::other)?;
        json.push(b'\n');
        output(&json);
        if let Some(command) = command {
            tell(command, &answer, &json).await;
        }
    }
    Ok(())
}

/// A line ends with CR or LF. `None` at the end of the input.
async fn next_line(input: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    loop {
        let buffer = input.fill_buf().await?;
        if buffer.is_empty() {
            return Ok((!line.is_empty()).then_some(line));
        }
        let end = buffer.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let part = &buffer[..end.unwrap_or(buffer.len())];
        let room = (MAX_LINE - line.len()).min(part.len());
        line.extend_from_slice(&part[..room]);
        let used = end.map_or(buffer.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(Some(line));
        }
    }
}

/// Runs the turnstile's command with the verdict on its standard input. What it says changes nothing of the verdict.
async fn tell(command: &str, answer: &GateAnswer, json: &[u8]) {
    let run = async {
        let mut child = tokio::process::Command::new(command)
            .arg(answer.verdict.reason.code())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // It may not care to read.
            let _ = stdin.write_all(json).await;
        }
        child.wait().await
    };
    match tokio::time::timeout(COMMAND_TIME, run).await {
        Ok(Ok(status)) if status.success() => {}
        Ok(Ok(status)) => tracing::warn!(%status, "the turnstile's command failed"),
        Ok(Err(error)) => tracing::warn!(%error, "the turnstile's command cannot be run"),
        Err(_) => tracing::warn!("the turnstile's command took too long and was ended"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_end_with_any_line_end_and_are_bounded() {
        let text = format!("one\rtwo\r\nthree\n{}\nlast", "x".repeat(1 << 20));
        let mut input = text.as_bytes();
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut input).await.unwrap() {
            lines.push(line);
        }
        let lengths: Vec<_> = lines.iter().map(Vec::len).collect();
        assert_eq!(lengths, [3, 3, 0, 5, MAX_LINE, 4]);
    }
}
