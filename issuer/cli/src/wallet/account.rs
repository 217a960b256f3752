//! The account: its state, devices and events; reporting a loss.

use std::process::ExitCode;

use serde_json::{Value, json};
use szid_protocol::day::local_time;
use szid_wallet::{
    AccountEvent, AccountState, Device, EndedDevice, EnrolmentQuestion, LevelUp, OtherDevices,
    Wallet, WalletError,
};

use super::unlock::UnlockBy;
use super::{ask, failure, runtime};
use crate::Failure;

/// What is done about a device.
#[derive(clap::Args)]
pub(super) struct DeviceAct {
    /// 停用此设备，其市民码随即失效；须加 --unlock（停用本机且另有手机可用的除外） · End this device: its codes are refused
    /// from then on. Takes --unlock, but for this one beside another.
    #[arg(long, value_name = "DEVICE")]
    end: Option<String>,
    /// 同意窗口申请新增的设备 · Approve a new device that a counter asks for: it takes the PIN.
    #[arg(long, value_name = "QUESTION", conflicts_with_all = ["end", "refuse"])]
    approve: Option<String>,
    /// 拒绝窗口申请新增的设备 · Refuse a new device that a counter asks for.
    #[arg(long, value_name = "QUESTION", conflicts_with = "end")]
    refuse: Option<String>,
}

/// What to do for a level.
fn say_path(what: &str, path: Option<&LevelUp>) {
    let Some(LevelUp { level, steps }) = path else { return };
    let join = |names: Vec<&str>| names.join(" + ");
    let zh = join(steps.iter().map(|step| &*step.name_zh).collect());
    let en = join(steps.iter().map(|step| &*step.name_en).collect());
    say!("  {what}: {zh} · {en} ({level})");
}

pub(super) fn account(wallet: &Wallet, as_json: bool) -> Result<ExitCode, Failure> {
    let account = runtime()?.block_on(wallet.account()).map_err(|error| failure(&error))?;
    let (word, zh, en) = match account.state {
        AccountState::Active => ("active", "正常", "active"),
        AccountState::Frozen => ("frozen", "已冻结，市民码暂停使用", "frozen: codes are refused"),
        AccountState::Revoked => ("revoked", "已注销", "revoked"),
    };
    if as_json {
        say!(
            "{}",
            json!({ "account": word, "identity_level": account.identity_level,
                "level_falls_at": account.level_falls_at, "level_up": account.level_up,
                "level_renewal": account.level_renewal,
                "device": account.device.as_ref().map(device_object), "devices": account.devices,
                "unseen_events": account.unseen_events, "lacks_passes": account.lacks_passes })
        );
        return Ok(ExitCode::SUCCESS);
    }
    say!("账户 · account: {zh} · {en}");
    if account.state == AccountState::Frozen {
        say!(
            "  请到服务窗口办理解冻，可先致电12345咨询 · a counter lifts the freeze; call 12345 with questions"
        );
    }
    say!("认证等级 · identity level: {}", account.identity_level);
    if let Some(falls_at) = account.level_falls_at {
        say!("  有效至 · until {} (UTC+8)", local_time(falls_at));
    }
    say_path("保持等级 · to keep it", account.level_renewal.as_ref());
    say_path("升级 · to raise it", account.level_up.as_ref());
    if let Some(device) = &account.device {
        say!("本机 · this device: {}", device.name);
    }
    say!("设备数 · devices: {}", account.devices);
    if account.unseen_events > 0 {
        say!(
            "有 {0} 条新动态，请看 szid wallet events · {0} new events: see szid wallet events",
            account.unseen_events
        );
    }
    if account.lacks_passes {
        say!("市民码需更新 · codes have to be renewed: szid wallet refresh");
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn devices(
    wallet: &Wallet,
    act: &DeviceAct,
    by: &UnlockBy,
    as_json: bool,
) -> Result<ExitCode, Failure> {
    let runtime = runtime()?;
    let devices = runtime.block_on(wallet.devices()).map_err(|error| failure(&error))?;
    let ended = runtime.block_on(wallet.ended_devices()).map_err(|error| failure(&error))?;
    if let Some(id) = &act.end {
        let unknown = || {
            Failure::usage(
                "没有此编号的设备：见 szid wallet devices",
                "no device has this id: see `devices`",
            )
        };
        let name = if let Some(device) = devices.iter().find(|device| device.id == *id) {
            let ended = match runtime.block_on(wallet.end_device(device, None)) {
                // Another one, or the last: the holder's word is asked for.
                Err(WalletError::Refused(word)) if word == "CONSENT_CODE" => {
                    runtime.block_on(wallet.end_device(device, Some(&by.unlock(wallet)?)))
                }
                ended => ended,
            };
            ended.map_err(|error| failure(&error))?;
            &device.name
        } else {
            let ended = ended.iter().find(|ended| ended.device.id == *id).ok_or_else(unknown)?;
            let unlocking = by.unlock(wallet)?;
            runtime
                .block_on(wallet.end_ended(ended, &unlocking))
                .map_err(|error| failure(&error))?;
            &ended.device.name
        };
        say!("已停用 · ended: {name}");
        return Ok(ExitCode::SUCCESS);
    }
    let questions = match runtime.block_on(wallet.enrolment_questions()) {
        // Nothing can be approved meanwhile; the devices are shown all the same.
        Err(WalletError::Frozen) => Vec::new(),
        questions => questions.map_err(|error| failure(&error))?,
    };
    if let Some(id) = act.approve.as_ref().or(act.refuse.as_ref()) {
        let question = questions.iter().find(|question| question.id == *id);
        let question = question.ok_or_else(|| {
            Failure::usage(
                "没有此编号的询问：见 szid wallet devices",
                "no question has this id: see `devices`",
            )
        })?;
        let answered = if act.approve.is_some() {
            let unlocking = by.unlock(wallet)?;
            runtime.block_on(wallet.approve_enrolment(question, &unlocking))
        } else {
            runtime.block_on(wallet.refuse_enrolment(question))
        };
        answered.map_err(|error| failure(&error))?;
        let yes = act.approve.is_some();
        say!("{}", if yes { "已同意 · approved" } else { "已拒绝 · refused" });
        return Ok(ExitCode::SUCCESS);
    }
    if as_json {
        let devices = devices.iter().map(device_object).collect::<Value>();
        let questions = questions.iter().map(question_object).collect::<Value>();
        let ended = ended.iter().map(ended_object).collect::<Value>();
        say!("{}", json!({ "devices": devices, "ended": ended, "questions": questions }));
        return Ok(ExitCode::SUCCESS);
    }
    devices.iter().for_each(show_device);
    ended.iter().for_each(show_ended);
    questions.iter().for_each(show_question);
    Ok(ExitCode::SUCCESS)
}

fn device_object(device: &Device) -> Value {
    json!({ "id": device.id, "name": device.name, "created_at": device.created_at,
        "last_used_at": device.last_used_at, "this_device": device.this_device })
}

fn ended_object(EndedDevice { device, ended_at, why }: &EndedDevice) -> Value {
    json!({ "id": device.id, "name": device.name, "ended_at": ended_at, "why": why })
}

fn question_object(question: &EnrolmentQuestion) -> Value {
    json!({ "id": question.id, "devices": question.devices, "asked_at": question.asked_at,
        "expires_at": question.expires_at, "approved": question.approved })
}

fn show_device(device: &Device) {
    let this = if device.this_device { " (本机 · this one)" } else { "" };
    say!("{}{this}", device.name);
    say!("  编号 · id: {}", device.id);
    if let Some(at) = device.created_at {
        say!("  申领于 · enrolled: {}", local_time(at));
    }
    if let Some(at) = device.last_used_at {
        say!("  最近使用 · last used: {}", day(at));
    }
}

fn show_ended(EndedDevice { device, ended_at, why }: &EndedDevice) {
    let (zh, en) = match why.as_str() {
        "holder" => ("本人停用", "ended by yourself"),
        "frozen" => ("因账户冻结停用", "ended when the account was frozen"),
        "revoked" => ("随账户注销停用", "ended with the account"),
        "replaced" => ("被新设备替换", "replaced by another device"),
        "copied" => ("凭据可能被复制，已停用", "stopped: its tokens may have been copied"),
        _ => ("已停用", "ended"),
    };
    say!("{}: {zh} · {en}", device.name);
    if let Some(at) = *ended_at {
        say!("  停用于 · ended: {}", local_time(at));
    }
    if why == "copied" {
        say!(
            "  彻底作废其市民码 · end its codes for good: szid wallet devices --end {}",
            device.id
        );
    }
}

fn show_question(question: &EnrolmentQuestion) {
    let means = match question.devices.as_str() {
        "adds" => "新增一台设备 · a device in addition",
        _ => "替换现有设备 · a device that ends all others",
    };
    say!("窗口申请 · a counter asks for: {means}");
    say!("  申请时间 · asked: {}", local_time(question.asked_at));
    if question.approved {
        say!("  已同意，待窗口确认 · approved, not yet confirmed");
        say!("  撤回 · take it back: szid wallet devices --refuse {}", question.id);
        return;
    }
    say!("  同意 · approve: szid wallet devices --approve {}", question.id);
    say!("  拒绝 · refuse: szid wallet devices --refuse {}", question.id);
}

/// The date alone.
fn day(at: u64) -> String {
    local_time(at).split_whitespace().next().unwrap_or_default().to_owned()
}

pub(super) fn report_lost(wallet: &Wallet, yes: bool) -> Result<ExitCode, Failure> {
    if !yes {
        say!("挂失将冻结账户，并停用本机以外的所有设备；解冻须到服务窗口办理");
        say!("this freezes the account and ends every other device; a counter lifts the freeze");
        if ask("确认挂失？输入 lost · report a loss? type lost: ", "--yes")?.trim() != "lost"
        {
            return Err(Failure::failed("没有做任何改动", "nothing was done"));
        }
    }
    let others = runtime()?.block_on(wallet.report_lost()).map_err(|error| failure(&error))?;
    match others {
        OtherDevices::Ended => say!(
            "已挂失，账户已冻结，其他设备已停用 · reported: frozen, and every other device is ended"
        ),
        OtherDevices::Suspended => {
            say!(
                "已挂失，账户已冻结，所有设备暂停使用 · reported: frozen, and all devices are suspended"
            );
            say!(
                "本机密钥不可用，其他设备尚未停用：解冻时写明手中的设备，其余的随即停用 · this device could not show its keys, so that no other one is ended yet: the lifting names the devices at hand and ends all others"
            );
        }
    }
    say!(
        "请到服务窗口办理解冻，可先致电12345咨询 · a counter lifts the freeze; call 12345 with questions"
    );
    Ok(ExitCode::SUCCESS)
}

pub(super) fn events(wallet: &Wallet, as_json: bool) -> Result<ExitCode, Failure> {
    let events = runtime()?.block_on(wallet.events(None)).map_err(|error| failure(&error))?;
    if as_json {
        let object = |event: &AccountEvent| {
            json!({ "id": event.id, "event": event.event, "zh": event.zh, "en": event.en,
                "device": event.device, "by": event.by, "at": event.at, "times": event.times })
        };
        say!("{}", events.iter().map(object).collect::<Value>());
        return Ok(ExitCode::SUCCESS);
    }
    if events.is_empty() {
        say!("六个月内无动态 · nothing happened in the last six months");
    }
    for event in events {
        let by = match event.by.as_str() {
            "holder" => "本人 · yourself",
            "service" => "系统 · the service",
            _ => "窗口 · a counter",
        };
        let device = event.device.map(|name| format!(" [{name}]")).unwrap_or_default();
        let times = event.times.map(|times| format!(" ×{times}")).unwrap_or_default();
        say!("{}  {} · {}{device}{times} ({by})", local_time(event.at), event.zh, event.en);
    }
    Ok(ExitCode::SUCCESS)
}
