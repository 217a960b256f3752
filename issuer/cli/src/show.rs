//! A code on a terminal, renewed until Ctrl-C.

use std::process::ExitCode;
use std::time::Duration;

use szid_wallet::Presentation;

use crate::{Failure, say};

/// Draws again and again, with a countdown below.
pub(crate) async fn until_interrupted(
    draw: impl Fn() -> Result<Presentation, Failure>,
) -> Result<ExitCode, Failure> {
    loop {
        let code = draw()?;
        say!("\x1b[2J\x1b[H{}", code.qr.to_terminal());
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
        }
    }
}
