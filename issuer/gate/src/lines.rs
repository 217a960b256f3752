//! Scanners that send text: a serial device, a program on standard input. One scan in, one verdict as a line
//! of JSON out.

use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWriteExt};
use tokio::sync::watch;

use crate::framing::Lines;
pub use crate::framing::SILENCE;
use crate::gate::{Gate, GateAnswer};

/// How long a command may take.
const COMMAND_TIME: Duration = Duration::from_secs(5);

/// Where scans come from.
pub struct Input<R> {
    /// What is read.
    pub input: R,
    /// How long nothing comes before a line ends that has no line end: [`SILENCE`] for a scanner's own line,
    /// and none for a program, a pipe or a file, which may be slow within a scan.
    pub silence: Option<Duration>,
}

/// Reads scans until the input ends or `stopped` becomes true, and hands a line with its verdict to `output`
/// for each: one that was begun is finished. Whoever reads those may go away: the gate stays.
///
/// # Errors
/// When the input fails.
pub async fn run(
    gate: Arc<Gate>,
    input: Input<impl AsyncRead + Unpin>,
    output: impl Fn(&[u8]),
    command: Option<&str>,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut lines = Lines::new(input.input, input.silence);
    loop {
        let line = tokio::select! {
            biased;
            // A dropped handle ends it as well.
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
            line = lines.next() => line?,
        };
        let Some(line) = line else { return Ok(()) };
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
}

/// Runs the turnstile's command with the verdict on its standard input. What it says changes nothing of the
/// verdict.
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
