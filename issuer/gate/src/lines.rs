//! Scanners that send text: a serial device, a program on standard input. One scan in, one verdict as a line
//! of JSON out.

use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWriteExt};
use tokio::sync::{mpsc, watch};

use crate::framing::Lines;
pub use crate::framing::SILENCE;
use crate::gate::{Gate, GateAnswer};

/// How long a command may take.
const COMMAND_TIME: Duration = Duration::from_secs(5);
/// Scans that may wait behind the one that is verified; more wait in the device.
const WAITING: usize = 8;

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
    stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    let lines = Lines::new(input.input, input.silence);
    let (sends, waiting) = mpsc::channel(WAITING);
    // Beside the verdicts: a silence counts while one is made, too.
    let (read, scanned) = tokio::join!(
        read(lines, sends, stopped.clone()),
        scan(gate, waiting, output, command, stopped)
    );
    read.and(scanned)
}

async fn read(
    mut lines: Lines<impl AsyncRead + Unpin>,
    sends: mpsc::Sender<Vec<u8>>,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    loop {
        let line = tokio::select! {
            biased;
            // A dropped handle ends it as well.
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
            () = sends.closed() => return Ok(()),
            line = lines.next() => line?,
        };
        let Some(line) = line else { return Ok(()) };
        // An error says that nobody scans any more.
        let _ = sends.send(line).await;
    }
}

async fn scan(
    gate: Arc<Gate>,
    mut waiting: mpsc::Receiver<Vec<u8>>,
    output: impl Fn(&[u8]),
    command: Option<&str>,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    loop {
        let line = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
            line = waiting.recv() => line,
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
/// verdict. One that has begun is ended by its time alone, and not by the gate's end: a turnstile would stay
/// where it is.
async fn tell(command: &str, answer: &GateAnswer, json: &[u8]) {
    let started = tokio::process::Command::new(command)
        .arg(answer.verdict.reason.code())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => return tracing::warn!(%error, "the turnstile's command cannot be run"),
    };
    let stdin = child.stdin.take();
    let run = async {
        if let Some(mut stdin) = stdin {
            // It may not care to read.
            let _ = stdin.write_all(json).await;
        }
        child.wait().await
    };
    let ended = tokio::time::timeout(COMMAND_TIME, run).await;
    match ended {
        Ok(Ok(status)) if status.success() => {}
        Ok(Ok(status)) => tracing::warn!(%status, "the turnstile's command failed"),
        Ok(Err(error)) => tracing::warn!(%error, "the turnstile's command cannot be awaited"),
        Err(_) => {
            let _ = child.start_kill();
            tracing::warn!("the turnstile's command took too long and was ended");
        }
    }
}
