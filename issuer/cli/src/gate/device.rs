//! A scanner on a serial line, a terminal by the system's rules: here it is a line of bytes and nothing else.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, open, stat};
use rustix::termios::{
    ControlModes, InputModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush,
    tcgetattr, tcsetattr,
};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::unix::pipe::Receiver;

/// An open device. Its settings are put back as they were when it is dropped.
pub(super) struct Device {
    /// It reads whatever can be waited for, pipe or not.
    input: Receiver,
    /// None for a pipe, which has no settings.
    before: Option<Termios>,
}

impl Device {
    /// Opens a device, or a pipe by name, without waiting for either.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        // NOCTTY: a session's leader, as a service manager starts one, would take it for the terminal that
        // controls the session, and what a scanner sends for keys that end it.
        let flags = OFlags::RDONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let descriptor = open(path, flags, Mode::empty())?;
        let before = tcgetattr(&descriptor).ok();
        let device = Self { input: Receiver::from_owned_fd_unchecked(descriptor)?, before };
        if let Some(before) = &device.before {
            tcsetattr(&device.input, OptionalActions::Now, &raw(before))?;
            // What was echoed until now would be waited for at the end, where the scanner does not take it.
            let _ = tcflush(&device.input, QueueSelector::OFlush);
        }
        Ok(device)
    }

    /// Drops what came before: whoever was scanned while no gate was there is not there any more.
    pub(super) fn drop_stale(&self) {
        if self.is_serial() {
            let _ = tcflush(&self.input, QueueSelector::IFlush);
        }
    }

    /// Which pipe it is, whose writers come and go; none where it is something else.
    pub(super) fn pipe(&self) -> Option<Identity> {
        identity(&fstat(&self.input).ok()?)
    }

    /// Which pipe a name names now.
    pub(super) fn named(path: &Path) -> Option<Identity> {
        identity(&stat(path).ok()?)
    }

    /// True for a serial line, false for a pipe.
    pub(super) const fn is_serial(&self) -> bool {
        self.before.is_some()
    }
}

/// A pipe's device and number there.
type Identity = (u64, u64);

fn identity(found: &Stat) -> Option<Identity> {
    let is_pipe = FileType::from_raw_mode(found.st_mode) == FileType::Fifo;
    #[allow(clippy::unnecessary_cast, reason = "their types differ from system to system")]
    is_pipe.then_some((found.st_dev as u64, found.st_ino as u64))
}

/// Bytes as they come, at once: no keys that mean something, no echo, no flow control, no wait for a modem.
/// The speed stays.
fn raw(before: &Termios) -> Termios {
    let mut raw = before.clone();
    raw.make_raw();
    raw.input_modes.remove(InputModes::IXOFF | InputModes::IXANY);
    raw.control_modes.remove(ControlModes::CRTSCTS);
    raw.control_modes.insert(ControlModes::CLOCAL | ControlModes::CREAD);
    raw.special_codes[SpecialCodeIndex::VMIN] = 1;
    raw.special_codes[SpecialCodeIndex::VTIME] = 0;
    raw
}

impl AsyncRead for Device {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.input).poll_read(context, buffer)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // One that was unplugged has none any more.
            let _ = tcsetattr(&self.input, OptionalActions::Now, before);
        }
    }
}
