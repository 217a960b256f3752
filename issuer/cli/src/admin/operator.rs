//! Credentials of the people who look after a venue.

use std::process::ExitCode;

use clap::ValueEnum;
use szid_issuer::administration::{BearerView, Role};
use szid_register::OperatorRole;

use super::credentials::give_or_withdraw;
use super::target::Target;
use crate::Failure;

/// 发放场所管理人员的凭据，用于 /operator/ 页面 · Make a credential for an operator of a venue: for the page at /operator/
///
/// 在运行中的服务上须由另一位管理员确认，凭据显示给确认人。
/// 新增设备凭据须由场所的两位负责人办理：请一人一份凭据。
/// 凭据只显示一次，服务只保存其摘要。
///
/// On a running service it waits for a second administrator, who is shown the secret.
/// A new credential for a device takes two managers of the venue: give each person a credential of their own.
/// The secret is shown once and kept only as a hash.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(flatten)]
    target: Target,
    /// 场所编号 · The venue's id.
    #[arg(long, value_name = "ID")]
    venue: String,
    /// 姓名；同名的两份凭据视为同一人 · Who: two credentials of one name are one person.
    #[arg(long)]
    name: String,
    /// 权限 · What they may do.
    #[arg(long)]
    role: RoleArg,
    /// 撤销环境变量 SZID_SECRET 中的那份凭据 · Withdraw the one whose secret is in the environment variable SZID_SECRET.
    #[arg(long)]
    withdraw: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleArg {
    /// 查看和导出 · Reads and exports.
    Viewer,
    /// 另可申请、确认和撤销凭据 · Also asks for credentials, confirms and withdraws.
    Manager,
}

pub(super) fn credential(args: &Args) -> Result<ExitCode, Failure> {
    let duty = match args.role {
        RoleArg::Viewer => OperatorRole::Viewer,
        RoleArg::Manager => OperatorRole::Manager,
    };
    let bearer = BearerView {
        role: Role::Operator,
        venue: Some(args.venue.clone()),
        name: args.name.clone(),
        duty: Some(duty),
    };
    give_or_withdraw(&args.target, bearer, args.withdraw, None)
}
