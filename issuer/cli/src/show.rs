//! A code on a terminal, renewed until Ctrl-C.

use std::process::ExitCode;
use std::time::Duration;

use szid_wallet::Presentation;

use crate::Failure;

/// Draws again and again, with a countdown below.
pub(crate) async fn until_interrupted(
    draw: impl Fn() -> Result<Presentation, Failure>,
) -> Result<ExitCode, Failure> {
    loop {
        let code = draw()?;
        println!("\x1b[2J\x1b[H{}", code.qr.to_terminal());
        for left in (1..=code.redraw_in).rev() {
            print!("\r  {left:2} 秒后刷新 · renews in {left:2} s   (Ctrl-C)");
            std::io::Write::flush(&mut std::io::stdout()).map_err(Failure::system)?;
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                _ = tokio::signal::ctrl_c() => {
                    println!();
                    return Ok(ExitCode::SUCCESS);
                }
            }
        }
    }
}
