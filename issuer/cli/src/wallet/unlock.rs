//! Unlocking on the command line: the PIN, from a file or from the terminal. Nothing else here can show that
//! its holder is there, so that codes without it say that the app was open.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;
use szid_wallet::{UnlockError, Unlocking, Wallet};
use zeroize::Zeroizing;

use super::{ask, failure};
use crate::Failure;

/// How the holder unlocks for this command.
#[derive(clap::Args)]
pub(super) struct UnlockBy {
    /// 用数字密码解锁（现场输入）：所亮的码为2级解锁 · Unlock with the PIN, which is asked for: the code then says tier 2.
    #[arg(long)]
    unlock: bool,
    /// 用此文件第一行的数字密码解锁，供脚本使用 · Unlock with the PIN on this file's first line. For scripts.
    #[arg(long, value_name = "FILE", env = "SZID_PIN_FILE")]
    pin_file: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(super) enum PinCommand {
    /// 申领后一刻钟内首次设置六位数字密码 · Set the first PIN, six digits, within a quarter of an hour after enrolling.
    Set {
        /// 从此文件第一行读取 · Take it from this file's first line.
        #[arg(long, value_name = "FILE", env = "SZID_PIN_FILE")]
        pin_file: Option<PathBuf>,
    },
    /// 修改数字密码；输错旧密码计入次数 · Change the PIN. The old one counts as a try.
    Change {
        /// 从此文件第一行读取旧密码 · Take the old one from this file's first line.
        #[arg(long, value_name = "FILE", env = "SZID_PIN_FILE")]
        pin_file: Option<PathBuf>,
        /// 从此文件第一行读取新密码 · Take the new one from this file's first line.
        #[arg(long, value_name = "FILE")]
        new_pin_file: Option<PathBuf>,
    },
    /// 查看是否已设数字密码、剩余次数和下次可尝试的时间 · Say whether there is one, how many tries are left, and when the next one
    /// may be made.
    Status {
        /// 输出一个 JSON 对象 · As one JSON object.
        #[arg(long)]
        json: bool,
    },
}

impl UnlockBy {
    /// True where the PIN is to be checked.
    fn asks(&self) -> bool {
        self.unlock || self.pin_file.is_some()
    }

    /// Unlocks as it was asked for.
    pub(super) fn unlock(&self, wallet: &Wallet) -> Result<Unlocking, Failure> {
        if !self.asks() {
            return Ok(wallet.app_opened());
        }
        let pin = read(self.pin_file.as_deref(), "密码 · PIN: ")?;
        wallet.unlock_with_pin(&pin).map_err(|error| refused(&error))
    }
}

/// Checks the PIN and says what that comes to.
pub(super) fn unlock(wallet: &Wallet, pin_file: Option<&Path>) -> Result<ExitCode, Failure> {
    let pin = read(pin_file, "密码 · PIN: ")?;
    let unlocking = wallet.unlock_with_pin(&pin).map_err(|error| refused(&error))?;
    let (text, tier) = (unlocking.method().text(), unlocking.method().tier() as u8);
    say!("已解锁（{}），等级{tier} · unlocked by {}: tier {tier}", text.zh, text.en);
    say!("  仅限本次命令；亮码时加 --unlock · for this command alone; show codes with --unlock");
    Ok(ExitCode::SUCCESS)
}

pub(super) fn pin(wallet: &Wallet, command: &PinCommand) -> Result<ExitCode, Failure> {
    match command {
        PinCommand::Set { pin_file } => {
            let new = chosen(pin_file.as_deref())?;
            wallet.set_pin(&new, &wallet.app_opened()).map_err(|error| refused(&error))?;
            say!("已设置密码 · the PIN is set");
        }
        PinCommand::Change { pin_file, new_pin_file } => {
            let old = read(pin_file.as_deref(), "旧密码 · old PIN: ")?;
            let new = chosen(new_pin_file.as_deref())?;
            wallet.change_pin(&old, &new).map_err(|error| refused(&error))?;
            say!("已修改密码 · the PIN is changed");
        }
        PinCommand::Status { json: as_json } => {
            let status = wallet.pin_status().map_err(|error| failure(&error))?;
            let (left, wait) = (status.tries_left, status.wait);
            if *as_json {
                say!("{}", json!({ "set": status.is_set, "tries_left": left, "wait": wait }));
            } else if status.is_set {
                say!("已设置，还可试{left}次，{wait}秒后 · set, {left} tries left, in {wait} s");
            } else {
                say!("未设置 · not set");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A new PIN; from the terminal, typed twice.
fn chosen(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    let new = read(file, "新密码（六位数字） · new PIN, six digits: ")?;
    if file.is_none() && read(None, "再输一次 · once more: ")? != new {
        return Err(Failure::failed("两次输入不一致", "the two are not the same"));
    }
    Ok(new)
}

fn read(file: Option<&Path>, question: &str) -> Result<Zeroizing<String>, Failure> {
    let text = match file {
        Some(path) => fs::read_to_string(path).map_err(|error| Failure::unread(path, error))?,
        None => {
            let _silence = Silence::on_terminal();
            ask(question, "--pin-file")?
        }
    };
    let text = Zeroizing::new(text);
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().trim().to_owned()))
}

/// Keeps what is typed off the screen, until it is dropped. Ctrl-C waits as long, so that no terminal is left
/// like this.
struct Silence {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Silence {
    #[cfg(unix)]
    fn on_terminal() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(rustix::stdio::stdin()).ok();
        if let Some(mut silent) = before.clone() {
            silent.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Flush, &silent);
        }
        Self { before }
    }

    #[cfg(not(unix))]
    fn on_terminal() -> Self {
        Self {}
    }
}

#[cfg(unix)]
impl Drop for Silence {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(before) = &self.before {
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Flush, before);
            hint!("");
        }
    }
}

/// The code, what happened with its numbers, and what to do, in both languages.
fn refused(error: &UnlockError) -> Failure {
    let advice = error.advice();
    let zh = match error {
        UnlockError::PinWrong { tries_left, wait } | UnlockError::PinWait { tries_left, wait } => {
            format!("{}（还可试{tries_left}次，{wait}秒后）", advice.zh)
        }
        UnlockError::PinWeak(why) => format!("{}（{}）", advice.zh, why.text().zh),
        _ => advice.zh.to_owned(),
    };
    let en = match error {
        UnlockError::PinWeak(why) => format!("{}: {}", advice.en, why.text().en),
        _ => format!("{}: {error}", advice.en),
    };
    Failure::failed(zh, en).with_code(error.code())
}
