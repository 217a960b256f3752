//! What commands say, on standard output and beside it. A reader that goes, as `head` does, ends no command
//! with a panic: nothing is said any more, and whoever ends the command knows that some of it was lost.

use std::fmt::{self, Arguments, Display, Formatter};
use std::io::{self, Write};
use std::sync::OnceLock;

use crate::Failure;

/// Why something was lost. What comes after it is not tried: half of what is said would look like all of it.
static LOST: OnceLock<Lost> = OnceLock::new();

/// Why standard output took something no more.
pub(crate) enum Lost {
    /// Whoever read it has gone, mostly because they have what they wanted.
    ReaderGone(String),
    /// It failed, as a file on a full disk does.
    Failed(String),
}

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl Display for Lost {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let (Self::ReaderGone(error) | Self::Failed(error)) = self;
        formatter.write_str(error)
    }
}

/// Says one line on standard output, as `println!` would.
macro_rules! say {
    ($($text:tt)*) => { $crate::say::text(format_args!("{}\n", format_args!($($text)*))) };
}

/// Says one line on standard error, as `eprintln!` would. It may be lost: what is asked for stands on
/// standard output.
macro_rules! hint {
    ($($text:tt)*) => { $crate::say::beside(format_args!("{}\n", format_args!($($text)*))) };
}

/// Says a text on standard output as it is, without another line's end.
pub(crate) fn text(text: Arguments<'_>) {
    if lost().is_none()
        && let Err(error) = write(io::stdout().lock(), text)
    {
        let _ = LOST.set(error.into());
    }
}

/// Says a text on standard error as it is.
pub(crate) fn beside(text: Arguments<'_>) {
    let _ = write(io::stderr().lock(), text);
}

/// Writes all of a text, and nothing of it stays behind in the process.
pub(crate) fn write(mut output: impl Write, text: Arguments<'_>) -> io::Result<()> {
    output.write_fmt(text)?;
    output.flush()
}

/// Why some of what was said was lost, where it was: whoever goes on saying more ends then.
pub(crate) fn lost() -> Option<&'static Lost> {
    LOST.get()
}

/// What a command came to. A reader that has gone is no fault; output that failed is one.
pub(crate) fn ended<T>(outcome: Result<T, Failure>) -> Result<T, Failure> {
    match lost() {
        Some(Lost::Failed(error)) => outcome.and(Err(Failure::failed(
            format_args!("结果未能输出，请核对输出的文件和磁盘空间：{error}"),
            format_args!(
                "the result could not be written, check the output's file and its disk: {error}"
            ),
        ))),
        Some(Lost::ReaderGone(_)) | None => outcome,
    }
}
