//! What waits for a second administrator.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use reqwest::Method;
use serde_json::Value;

use super::client::{Client, Named, hint_scene_to_be_named};
use super::credentials::read_id;
use super::picture::Outlet;
use super::shown;
use super::target::Running;
use crate::Failure;

/// 列出待另一位管理员确认的申请，每行一个 JSON 对象 · List what waits for a second administrator, one JSON object a line.
#[derive(clap::Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    running: Running,
}

/// 确认另一位管理员的申请并执行；凭据只在此处显示一次 · Do what another administrator asked for. A credential's secret is shown here,
/// once.
#[derive(clap::Args)]
pub(super) struct ConfirmArgs {
    #[command(flatten)]
    running: Running,
    /// 申请编号，见 `szid admin requests` · As `szid admin requests` lists it.
    #[arg(value_name = "ID", allow_hyphen_values = true)]
    request: String,
    /// 将凭据画成二维码存入此新文件（仅本人可读），不再显示 · Draw a credential's secret as a QR code in this new file, which only
    /// its owner reads, in place of showing it.
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
}

/// 拒绝申请，不予执行：本人或他人的均可 · End a request without doing it: one's own, or another's.
#[derive(clap::Args)]
pub(super) struct RejectArgs {
    #[command(flatten)]
    running: Running,
    /// 申请编号，见 `szid admin requests` · As `szid admin requests` lists it.
    #[arg(value_name = "ID", allow_hyphen_values = true)]
    request: String,
}

pub(super) fn list(args: &ListArgs) -> Result<ExitCode, Failure> {
    let client = args.running.open()?;
    let list = client.ask(client.request(Method::GET, &["requests"]), &Named::Nothing)?;
    for one in list["requests"].as_array().into_iter().flatten() {
        say!("{}", with_times(one.clone()));
    }
    Ok(ExitCode::SUCCESS)
}

/// The times of a request in local time as well, as the audit's list has them: nobody reads Unix seconds.
fn with_times(mut request: Value) -> Value {
    for (seconds, words) in [("asked_at", "asked"), ("expires_at", "expires")] {
        if let Some(at) = request[seconds].as_u64() {
            request[words] = shown::time(at).into();
        }
    }
    request
}

pub(super) fn confirm(args: &ConfirmArgs) -> Result<ExitCode, Failure> {
    let id = read_id(&args.request)?;
    let client = args.running.open()?;
    let outlet = outlet(&client, id, args.png.as_deref())?;
    let request = client.request(Method::POST, &["requests", id, "confirm"]);
    let confirmed = client.ask(request, &Named::Request(id))?;
    hint!("已确认 · confirmed: {}", confirmed["done"]);
    hint_scene_to_be_named(&confirmed["done"]);
    if let Some(secret) = confirmed["secret"].as_str() {
        return outlet.show(secret, confirmed["credential"].as_str().unwrap_or_default());
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses to have a credential made whose secret would be thrown away; what tells none is confirmed all the
/// same.
fn outlet(client: &Client, id: &str, png: Option<&Path>) -> Result<Outlet, Failure> {
    let nowhere = match Outlet::open(png) {
        Err(nowhere) if png.is_none() => nowhere,
        opened => return opened,
    };
    let list = client.ask(client.request(Method::GET, &["requests"]), &Named::Nothing)?;
    let mut waiting = list["requests"].as_array().into_iter().flatten();
    match waiting.any(|one| one["request"] == id && one["wanted"]["act"] == "credential") {
        true => Err(nowhere),
        false => Ok(Outlet::StandardOutput),
    }
}

pub(super) fn reject(args: &RejectArgs) -> Result<ExitCode, Failure> {
    let id = read_id(&args.request)?;
    let client = args.running.open()?;
    let request = client.request(Method::DELETE, &["requests", id]);
    client.ask(request, &Named::Request(id))?;
    say!("已拒绝 · rejected: {id}");
    Ok(ExitCode::SUCCESS)
}
