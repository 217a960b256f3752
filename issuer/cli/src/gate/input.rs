//! Where `szid gate --input` reads codes.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use szid_gate::lines::{self, Input, SILENCE};
use szid_gate::{Gate, Turnstile};
use tokio::io::{AsyncRead, AsyncWriteExt};
use tokio::sync::{oneshot, watch};

#[cfg(unix)]
use super::device::Device;
use crate::Failure;
use crate::output::LossyOutput;

/// Until a device that is not there is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// What is read of standard input at once, bytes.
const PIECE: usize = 4096;

/// What `--input` names.
#[derive(Clone)]
pub(super) enum Source {
    StandardInput,
    File(PathBuf),
    /// A device, or a pipe by name: it may come and go.
    Device(PathBuf),
}

impl Source {
    pub(super) fn named(path: &Path) -> Result<Self, Failure> {
        if path.as_os_str() == "-" {
            return Ok(Self::StandardInput);
        }
        match std::fs::metadata(path) {
            Ok(found) if found.is_file() => Ok(Self::File(path.into())),
            Ok(found) if !found.is_dir() => Ok(Self::Device(path.into())),
            Ok(_) => Err(Failure::unread(path, io::ErrorKind::IsADirectory)),
            // It may be plugged in later; elsewhere the name is wrong.
            Err(_) if path.starts_with("/dev") => Ok(Self::Device(path.into())),
            Err(error) => Err(Failure::unread(path, error)),
        }
    }

    /// True for an input that comes to an end, and ends the gate with it.
    pub(super) const fn ends(&self) -> bool {
        !matches!(self, Self::Device(_))
    }
}

/// Who verifies what is read, and who is told of it.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) gate: Arc<Gate>,
    pub(super) output: LossyOutput,
    pub(super) turnstile: Option<Turnstile>,
    pub(super) stopped: watch::Receiver<bool>,
}

impl Reader {
    /// Reads codes until the input ends or the gate stops, and writes a verdict for each.
    pub(super) async fn read(mut self, source: Source) -> io::Result<()> {
        match source {
            Source::StandardInput => {
                let (input, mut fault) = standard_input()?;
                self.lines(Input { input, silence: None }).await?;
                fault.try_recv().map_or(Ok(()), Err)
            }
            Source::File(path) => {
                let input = tokio::fs::File::open(path).await?;
                self.lines(Input { input, silence: None }).await
            }
            Source::Device(path) => {
                self.device(&path).await;
                Ok(())
            }
        }
    }

    async fn lines(&self, input: Input<impl AsyncRead + Unpin>) -> io::Result<()> {
        let (gate, stopped) = (Arc::clone(&self.gate), self.stopped.clone());
        let write = |line: &[u8]| self.output.line(line);
        lines::run(gate, input, write, self.turnstile.as_ref(), stopped).await
    }

    /// Reads a device for as long as the gate works: one that is lost is told, and opened again once it is
    /// there.
    async fn device(&mut self, path: &Path) {
        // One that comes back has nothing but what was scanned since.
        let mut is_first = true;
        loop {
            let read = match open(path, is_first).await {
                Ok(device) => {
                    self.gate.note_lost_scanner(None);
                    self.lines(device).await
                }
                Err(error) => Err(error),
            };
            is_first = false;
            if *self.stopped.borrow() {
                return;
            }
            let lost = match read {
                Ok(()) => path.display().to_string(),
                Err(error) => format!("{}: {error}", path.display()),
            };
            self.gate.note_lost_scanner(Some(&lost));
            tokio::select! {
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                _ = self.stopped.wait_for(|stop| *stop) => return,
            }
        }
    }
}

/// Only a scanner's silence ends a line; a program behind a pipe may be slow. What came before goes where
/// `drops_stale` says so.
#[cfg(unix)]
async fn open(path: &Path, drops_stale: bool) -> io::Result<Input<Device>> {
    let input = Device::open(path)?;
    if drops_stale {
        input.drop_stale();
    }
    let silence = input.is_serial().then_some(SILENCE);
    Ok(Input { input, silence })
}

#[cfg(not(unix))]
async fn open(path: &Path, _: bool) -> io::Result<Input<tokio::fs::File>> {
    Ok(Input { input: tokio::fs::File::open(path).await?, silence: Some(SILENCE) })
}

/// Standard input, read by a thread that nothing waits for: the end of the process would otherwise wait for
/// one more line. Beside it what kept it from being read to its end.
fn standard_input() -> io::Result<(impl AsyncRead + Unpin, oneshot::Receiver<io::Error>)> {
    let (input, mut read) = tokio::io::duplex(PIECE);
    let (fails, fault) = oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    let copy = move || {
        let mut piece = [0; PIECE];
        loop {
            let length = match io::stdin().read(&mut piece) {
                Ok(0) => return,
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // Before the end of the input is seen.
                Err(error) => return drop(fails.send(error)),
            };
            if runtime.block_on(read.write_all(&piece[..length])).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("szid-input".into()).spawn(copy)?;
    Ok((input, fault))
}
