//! What the commands work on that stand on a stopped service's files alone, with its keys in hand.

use std::path::PathBuf;

/// Data and keys of one service.
#[derive(clap::Args)]
pub(super) struct Files {
    /// 服务的数据目录；请先停止服务 · The service's data folder; stop the service first.
    #[arg(long, value_name = "DIR")]
    pub(super) data: PathBuf,
    /// 服务的密钥目录，其中的 register.key 用于打开登记库 · The folder of the service's keys, made by `szid admin keys`: its
    /// register.key opens the register.
    #[arg(long, value_name = "DIR")]
    pub(super) keys: PathBuf,
}
