//! Where `szid gate --input` reads codes.

use std::io::{self, Read};
#[cfg(unix)]
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use szid_gate::lines::{self, Input, SILENCE};
use szid_gate::{Gate, Turnstile};
use szid_issuer::given::GivenFault;
use tokio::io::{AsyncRead, AsyncWriteExt};
use tokio::sync::{oneshot, watch};

#[cfg(unix)]
use super::device::Device;
use crate::Failure;
use crate::output::LossyOutput;

/// Until a device that is not there is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Until a pipe is opened again that nobody writes to: a program may open it for each scan.
const NEXT_WRITER: Duration = Duration::from_millis(100);
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
            return Ok(standard_device().map_or(Self::StandardInput, Self::Device));
        }
        match std::fs::metadata(path) {
            Ok(found) if found.is_file() => Ok(Self::File(path.into())),
            Ok(found) if !found.is_dir() => Ok(Self::Device(path.into())),
            Ok(_) => Err(Failure::given(&GivenFault::InputFolder(path.display().to_string()))),
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
    /// there. A pipe that its writer leaves is not lost.
    async fn device(&mut self, path: &Path) {
        // One that comes back has nothing but what was scanned since.
        let mut is_first = true;
        // A pipe is held until it is open again: what is written meanwhile would be lost.
        let mut held;
        loop {
            let (read, device) = match open(path, is_first).await {
                Ok(mut device) => {
                    self.gate.note_lost_scanner(None);
                    let gone = gone(&device.input, path);
                    let Input { input, silence } = &mut device;
                    let read = tokio::select! {
                        read = self.lines(Input { input, silence: *silence }) => read,
                        () = gone => Err(io::ErrorKind::NotFound.into()),
                    };
                    (read, Some(device.input))
                }
                Err(error) => (Err(error), None),
            };
            is_first = false;
            if *self.stopped.borrow() {
                return;
            }
            held = device.filter(|device| read.is_ok() && is_pipe(device));
            if held.is_none() {
                let lost = match read {
                    Ok(()) => path.display().to_string(),
                    Err(error) => format!("{}: {error}", path.display()),
                };
                self.gate.note_lost_scanner(Some(&lost));
            }
            let pause = if held.is_some() { NEXT_WRITER } else { LOOK_AGAIN };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = self.stopped.wait_for(|stop| *stop) => return,
            }
        }
    }
}

/// A scanner's line that somebody has put on standard input, by its path: read as it stands, a byte of what
/// is scanned could be a key that ends the gate. The terminal that the gate was started at has its keys.
#[cfg(unix)]
fn standard_device() -> Option<PathBuf> {
    use rustix::termios::{tcgetpgrp, ttyname};
    let input = rustix::stdio::stdin();
    let name = ttyname(input, Vec::new()).ok()?;
    if tcgetpgrp(input).is_ok() {
        return None;
    }
    Some(PathBuf::from(std::ffi::OsString::from_vec(name.into_bytes())))
}

#[cfg(not(unix))]
fn standard_device() -> Option<PathBuf> {
    None
}

#[cfg(unix)]
fn is_pipe(device: &Device) -> bool {
    device.pipe().is_some()
}

/// Until the name of a pipe names another one, or none: its reader would wait for ever for a writer. A
/// device's end tells by itself.
#[cfg(unix)]
fn gone(device: &Device, path: &Path) -> impl Future<Output = ()> + use<> {
    let (pipe, path) = (device.pipe(), path.to_owned());
    async move {
        let Some(pipe) = pipe else { return std::future::pending().await };
        while Device::named(&path) == Some(pipe) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

#[cfg(not(unix))]
fn is_pipe(_: &tokio::fs::File) -> bool {
    false
}

#[cfg(not(unix))]
async fn gone(_: &tokio::fs::File, _: &Path) {
    std::future::pending().await
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
