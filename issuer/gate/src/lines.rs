//! Scanners that send text: a serial device, a program on standard input. One scan in, one verdict as a line
//! of JSON out.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::sync::{mpsc, watch};

use crate::framing::Lines;
pub use crate::framing::SILENCE;
use crate::gate::Gate;
use crate::turnstile::{Turn, Turnstile};

/// Scans that may wait behind the one that is verified; more wait in the device.
const WAITING: usize = 8;
/// Verdicts that may wait for the turnstile's command; then scans wait behind them.
const TURNS: usize = 8;

/// Where scans come from.
pub struct Input<R> {
    /// What is read.
    pub input: R,
    /// How long nothing comes before a line ends that has no line end: [`SILENCE`] for a scanner's own line,
    /// and none for a program, a pipe or a file, which may be slow within a scan.
    pub silence: Option<Duration>,
}

/// What was scanned, and when, Unix seconds.
struct Scan {
    line: Vec<u8>,
    read_at: u64,
}

/// Reads scans until the input ends or `stopped` becomes true, and hands a line with its verdict to `output`
/// for each: one that was begun is finished. Whoever reads those may go away: the gate stays. A verdict does
/// not wait for the turnstile.
///
/// # Errors
/// When the input fails.
pub async fn run(
    gate: Arc<Gate>,
    input: Input<impl AsyncRead + Unpin>,
    output: impl Fn(&[u8]),
    turnstile: Option<&Turnstile>,
    stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    let lines = Lines::new(input.input, input.silence);
    let (sends, waiting) = mpsc::channel(WAITING);
    let (turns, verdicts) = mpsc::channel(TURNS);
    let turns = turnstile.is_some().then_some(turns);
    // Beside the verdicts: a silence counts while one is made, too.
    let (read, scanned, ()) = tokio::join!(
        read(&gate, lines, sends, stopped.clone()),
        scan(&gate, waiting, output, turns, stopped),
        turn(&gate, verdicts, turnstile)
    );
    read.and(scanned)
}

async fn read(
    gate: &Gate,
    mut lines: Lines<impl AsyncRead + Unpin>,
    sends: mpsc::Sender<Scan>,
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
        let _ = sends.send(Scan { line, read_at: gate.ports.now() }).await;
    }
}

async fn scan(
    gate: &Arc<Gate>,
    mut waiting: mpsc::Receiver<Scan>,
    output: impl Fn(&[u8]),
    turns: Option<mpsc::Sender<Turn>>,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    loop {
        let scan = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
            scan = waiting.recv() => scan,
        };
        let Some(Scan { line, read_at }) = scan else { return Ok(()) };
        let text = String::from_utf8_lossy(&line).into_owned();
        let gate = Arc::clone(gate);
        let scanned = tokio::task::spawn_blocking(move || gate.scan(&text, "")).await;
        let answer = scanned.map_err(io::Error::other)?;
        let mut json = serde_json::to_vec(&answer).map_err(io::Error::other)?;
        json.push(b'\n');
        output(&json);
        if let Some(turns) = &turns {
            let turn = Turn { read_at, reason: answer.verdict.reason.code(), json };
            tokio::select! {
                biased;
                // An error says that no turnstile turns any more.
                _ = turns.send(turn) => {}
                _ = stopped.wait_for(|stop| *stop) => return Ok(()),
            }
        }
    }
}

/// Runs the command for one verdict after the other, until no more come: whoever was told to pass does,
/// though the gate ends.
async fn turn(gate: &Gate, mut verdicts: mpsc::Receiver<Turn>, turnstile: Option<&Turnstile>) {
    let Some(turnstile) = turnstile else { return };
    while let Some(verdict) = verdicts.recv().await {
        turnstile.tell(gate, verdict).await;
    }
}
