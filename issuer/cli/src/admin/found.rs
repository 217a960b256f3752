//! Founding a register: once for each city, and never by a service that starts.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use clap::ValueEnum;
use szid_issuer::commands::CommandFault;
use szid_issuer::witness::WitnessError;
use szid_register::entropy::SystemEntropy;
use szid_register::{Founding, Mode, Register, StoreError};

use super::files::Files;
use super::keys::read_master_key;
use super::keys_mode::mark_keys;
use super::register::{explained, witness_of};
use crate::Failure;

/// 在空目录中建立登记库；`szid serve` 从不自建 · Found a register in an empty folder; `szid serve` never does
///
/// 空目录可能是未挂载的磁盘，因此只由本命令建立。登记库的模式不能更改，且只能用此 register.key 打开：
/// 备份数据的同时须备份该密钥。密钥也标明模式：用于演示的密钥绝不用于正式城市。
///
/// An empty folder may be a disk that is not mounted.
/// The register keeps its mode for good, and opens with this register.key alone: a backup of the one is nothing without a
/// copy of the other. The keys are marked with the mode as well: what signed for a demonstration never signs for a city.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(flatten)]
    files: Files,
    /// 演示（demo，只用虚构证件）或正式（production） · For demonstrations with fictional documents, or for a city.
    #[arg(long)]
    mode: ModeArg,
}

#[derive(Clone, Copy, ValueEnum)]
enum ModeArg {
    Demo,
    Production,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Demo => Self::Demo,
            ModeArg::Production => Self::Production,
        }
    }
}

pub(super) fn found(args: &Args) -> Result<ExitCode, Failure> {
    let mode = args.mode.into();
    check_empty(&args.files.data)?;
    check_no_witness(&args.files.data)?;
    let key = read_master_key(&args.files.keys)?;
    // First, so that no register is left beside keys of the other mode.
    mark_keys(&args.files.keys, mode)?;
    let founding = Founding::new(&key, mode, &SystemEntropy).map_err(Failure::system)?;
    Register::found(&args.files.data.join("register"), &founding, &SystemEntropy)
        .map_err(|error| explained(&error))?;
    say!("登记库已建立（{0}）· register founded for {mode}: {0}", args.files.data.display());
    Ok(ExitCode::SUCCESS)
}

/// A witness stays behind where a disk is not mounted: there is a register that it belongs to.
fn check_no_witness(data: &Path) -> Result<(), Failure> {
    let witness = witness_of(data);
    match witness.read() {
        Ok(None) => Ok(()),
        // One that cannot be read is somebody's as well.
        Ok(Some(_)) | Err(WitnessError::Damaged(_)) => {
            let folder = witness.folder().display().to_string();
            Err(Failure::of(&CommandFault::WitnessThere(folder)))
        }
        Err(error) => Err(Failure::told(error)),
    }
}

/// Nothing may lie where a register is founded but what a file system puts there, and what a founding that was killed left.
fn check_empty(data: &Path) -> Result<(), Failure> {
    let entries = match std::fs::read_dir(data) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(Failure::unread(data, error));
        }
    };
    for entry in entries {
        let name = entry.map_err(Failure::system)?.file_name();
        if !["lost+found", "register.founding"].map(OsStr::new).contains(&name.as_os_str()) {
            return Err(explained(&StoreError::Occupied(data.display().to_string())));
        }
    }
    Ok(())
}
