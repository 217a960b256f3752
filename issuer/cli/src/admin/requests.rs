//! What waits for a second administrator.

use std::process::ExitCode;

use reqwest::Method;
use serde_json::Value;

use super::client::{Client, Named, hint_scene_to_be_named};
use super::credentials::read_id;
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
    check_secret_is_read(&client, id)?;
    let request = client.request(Method::POST, &["requests", id, "confirm"]);
    let confirmed = client.ask(request, &Named::Request(id))?;
    hint!("已确认 · confirmed: {}", confirmed["done"]);
    hint_scene_to_be_named(&confirmed["done"]);
    if let Some(secret) = confirmed["secret"].as_str() {
        return shown::secret(secret, confirmed["credential"].as_str().unwrap_or_default());
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses to have a credential made whose secret would be thrown away; what tells none is confirmed all the same.
fn check_secret_is_read(client: &Client, id: &str) -> Result<(), Failure> {
    let Err(nowhere) = shown::check_secret_is_read() else { return Ok(()) };
    let list = client.ask(client.request(Method::GET, &["requests"]), &Named::Nothing)?;
    let mut waiting = list["requests"].as_array().into_iter().flatten();
    match waiting.any(|one| one["request"] == id && one["wanted"]["act"] == "credential") {
        true => Err(nowhere),
        false => Ok(()),
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
