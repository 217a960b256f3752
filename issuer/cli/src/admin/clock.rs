//! Whether a service's clock may be believed, and the operator's word that it is right.

use std::path::Path;
use std::process::ExitCode;

use reqwest::Method;
use serde_json::{Value, json};
use szid_issuer::{Problem, implausible_at_start, may_confirm};

use super::client::Named;
use super::register::{with_any_store, with_store};
use super::target::{Target, Work};
use crate::{Failure, system};

/// 查看服务是否采信本机时钟，或确认时钟无误 · Tell whether a service believes its machine's clock (JSON), or say that it is right
///
/// 时钟跳变或启动时明显有误，即出现 CLOCK_STEPPED：服务照常，但不清除任何过期数据。
/// 请先与其他时钟核对。有误的请校准，回到正确时间后自行解除；无误的请确认，审计会记下确认人。
///
/// 运行中的服务经数据目录中的套接字查询，须将管理员凭据放入 SZID_CREDENTIAL；
/// 服务已停止的，直接告知登记库。
///
/// A clock that jumped, or that is implausible at a start, is the condition CLOCK_STEPPED: everything is served, and nothing is
/// forgotten. Compare the clock with another one first. If it is wrong, set it: the condition ends by itself where it is back
/// where it should be. If it is right, confirm it; the audit keeps who did.
///
/// A service that runs is asked over the socket in its data folder, with an administrator's credential in SZID_CREDENTIAL.
/// Of one that is stopped, the register is told.
///
/// 示例 · Example:
///   SZID_CREDENTIAL=... szid admin clock --data data
///   SZID_CREDENTIAL=... szid admin clock --data data --confirm
///   SZID_CREDENTIAL=... szid admin clock --data data --confirm --step -3600
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(flatten)]
    target: Target,
    /// 确认时钟无误 · Say that the clock is right as it is.
    #[arg(long)]
    confirm: bool,
    /// 确认慢了、或快了一小时以上的时钟：写明相差的秒数，慢的为负，误差一分钟以内 · For a clock that is behind, or ahead by more than an
    /// hour: by how many seconds it differs, negative where behind, within a minute.
    #[arg(long, value_name = "SECONDS", requires = "confirm", allow_negative_numbers = true)]
    step: Option<i64>,
}

impl Args {
    /// Whether nothing is changed.
    pub(super) fn only_shows(&self) -> bool {
        !self.confirm
    }
}

pub(super) fn clock(args: &Args) -> Result<ExitCode, Failure> {
    let told = match args.target.open_either()? {
        Work::Service(client) => {
            let told = client.ask(client.request(Method::GET, &["clock"]), &Named::Nothing)?;
            if args.confirm && is_doubted(&told) {
                check_step(&told, args.step)?;
                let request = client.request(Method::POST, &["clock", "confirm"]);
                client
                    .ask(request.query(&args.step.map(|step| [("step", step)])), &Named::Nothing)?
            } else {
                told
            }
        }
        Work::Files(data) => {
            let (last, settled) = with_any_store(data, async |store| {
                Ok((store.checked_time().await?, store.settled_time().await?))
            })?;
            let told = of_register(last, settled, system::now());
            if args.confirm && is_doubted(&told) {
                check_step(&told, args.step)?;
                confirm_in_register(data)?
            } else {
                told
            }
        }
    };
    say!("{told}");
    Ok(ExitCode::SUCCESS)
}

/// Whether there is anything to confirm; where not, that is said.
fn is_doubted(told: &Value) -> bool {
    let doubted = told["state"] == "stepped";
    if let Some(seconds) = told["seconds_left"].as_u64() {
        hint!(
            "没有需要确认的：服务启动或时钟跳变后须先核对一分钟，还有约 {seconds} 秒，届时自动完成，没有做任何改动 · nothing to confirm: after a \
             start or a step the clock is watched for a minute, and some {seconds} s of it are left; it ends by itself, and nothing was changed"
        );
    } else if !doubted {
        hint!(
            "没有需要确认的：时钟未被怀疑，没有做任何改动 · nothing to confirm: the clock is not doubted, and nothing was changed"
        );
    }
    doubted
}

/// Refuses the word about a clock that is far off, unless it says by how much.
fn check_step(told: &Value, named: Option<i64>) -> Result<(), Failure> {
    let step = told["step"].as_i64().unwrap_or(i64::MIN);
    if may_confirm(step, named) {
        return Ok(());
    }
    let seconds = step.unsigned_abs();
    let (zh, en) = if step < 0 { ("慢", "behind") } else { ("快", "ahead of") };
    let problem = Problem::ClockFar;
    Err(Failure::usage(
        format_args!(
            "本机时钟比服务所知的时间{zh}了 {seconds} 秒，没有确认：请先与另一时钟核对，有误的请校准；确实准确的，加上 --step {step} 再执行一次"
        ),
        format_args!(
            "this machine's clock is {seconds} s {en} what the service knows of the time, and was not confirmed: compare it with \
             another clock, and set it if it is wrong; if it is right, run the command again with --step {step}"
        ),
    )
    .with_code(problem.code()))
}

/// What a service that starts now would make of the clock, by the time that its register keeps.
fn of_register(last: Option<u64>, settled: Option<u64>, now: u64) -> Value {
    let step = implausible_at_start(last, settled, now);
    let state = if step.is_some() { "stepped" } else { "unchecked" };
    json!({ "state": state, "step": step.unwrap_or(0), "time": now, "last_checked": last })
}

/// The word for a service that is stopped: the clock is plausible at its next start.
fn confirm_in_register(data: &Path) -> Result<Value, Failure> {
    let now = system::now();
    with_store(data, async |store| {
        // Where it should be nobody can say while no service runs.
        store.confirm_time("szid admin".into(), 0, now).await
    })?;
    Ok(of_register(Some(now), Some(now), now))
}
