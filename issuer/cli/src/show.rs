//! A code on a terminal, renewed until Ctrl-C.

use std::process::ExitCode;
use std::time::Duration;

use szid_wallet::Presentation;

use crate::{Failure, say};

/// Lines below the code: what came before, and the countdown, on which the cursor stays.
const BELOW: usize = 2;

/// Draws again and again, with a line of what came before and a countdown below. `draw` is told whether the
/// code has to be as small as it can be.
pub(crate) async fn until_interrupted(
    draw: impl Fn(bool) -> Result<Presentation, Failure>,
    before: &str,
) -> Result<ExitCode, Failure> {
    loop {
        let size = terminal_size();
        let (code, drawing) = fitting(&draw, size)?;
        say!("\x1b[2J\x1b[H{drawing}{before}");
        for left in (1..=code.redraw_in).rev() {
            say::text(format_args!("\r  {left:2} 秒后刷新 · renews in {left:2} s   (Ctrl-C)"));
            // Nobody looks any more.
            if say::lost().is_some() {
                return Ok(ExitCode::SUCCESS);
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                _ = tokio::signal::ctrl_c() => {
                    say!("");
                    return Ok(ExitCode::SUCCESS);
                }
            }
            // A terminal that was made larger may have room now.
            if terminal_size() != size {
                break;
            }
        }
    }
}

/// The code as it was asked for where it fits, else at its smallest, or else what would make it fit.
fn fitting(
    draw: &impl Fn(bool) -> Result<Presentation, Failure>,
    size: Option<(usize, usize)>,
) -> Result<(Presentation, String), Failure> {
    let fits = |code: &Presentation| {
        let (columns, rows) = code.qr.terminal_size();
        size.is_none_or(|(width, height)| columns <= width && rows + BELOW <= height)
    };
    let code = draw(false)?;
    let code = if fits(&code) { code } else { draw(true)? };
    if fits(&code) {
        let drawing = code.qr.to_terminal();
        return Ok((code, drawing));
    }
    let (columns, rows) = code.qr.terminal_size();
    let (rows, (width, height)) = (rows + BELOW, size.unwrap_or_default());
    let needs = format!(
        "终端为{width}列×{height}行，画不下市民码：请放大到{columns}列×{rows}行，或缩小字号\n\
         the code needs {columns} columns and {rows} lines, this terminal has {width} and {height}:\n\
         make it larger, or its letters smaller\n\n"
    );
    Ok((code, needs))
}

/// Columns and lines of the terminal that standard output is, where it is one and says so.
#[cfg(unix)]
fn terminal_size() -> Option<(usize, usize)> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    let (columns, rows) = (size.ws_col.into(), size.ws_row.into());
    (columns > 0 && rows > 0).then_some((columns, rows))
}

#[cfg(not(unix))]
const fn terminal_size() -> Option<(usize, usize)> {
    None
}
