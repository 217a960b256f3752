//! `szid wallet`: a holder's wallet on the command line, with software keys.

mod account;
mod folder;
mod prove;
mod unlock;
mod uses;
mod visits;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;
use szid_protocol::day::local_time;
use szid_wallet::{
    Freeze, FrozenBy, LastKnown, Presentation, PresentationOptions, QrLevel, Standing, Status,
    TimeSource, Wallet, WalletError,
};

use crate::{Failure, make_key_files, say, show, write_file};
use folder::Folder;
use unlock::{PinCommand, UnlockBy};

/// 在本机持有市民码：申领、亮码、刷新、清除 · Hold a citizen code on this computer: enrol, show, refresh, wipe
///
/// 仅供试用：密钥存放在本机文件，不在手机安全硬件内，因此凭证的密钥保护等级为1（软件），
/// 除非城市采信模拟证明方的另一说法。
/// `code` 断网可用两周，`status` 和 `wipe` 随时可用；其余命令需要联网。
/// 退出码：0 完成，1 未能完成，2 用法有误。错误信息写到标准错误，并说明如何处理。
///
/// For trials: keys lie in files here, not in a phone's secure hardware, so passes say key protection 1 (software),
/// unless a mock attester says otherwise to a city that believes it.
/// `code` works for two weeks without network, `status` and `wipe` always; the others need it.
/// Exit code: 0 done, 1 it could not be done, 2 the command was used wrongly. Errors say what to do, on standard error.
///
/// 示例 · Example, with an offer and a transaction code from the counter:
///   szid wallet enrol --root root.spki --tx-code 493536 'openid-credential-offer://?credential_offer_uri=...'
///   szid wallet code
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// 钱包所在目录；不填则在用户数据目录中 · Where the wallet lies; without it, in the user's data folder.
    #[arg(long, global = true, env = "SZID_WALLET", value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 使用申领链接，领取首批当日凭证 · Take up a credential offer and fetch the first day passes.
    ///
    /// 如中途中断，请用同一链接再次运行：会从中断处继续。
    ///
    /// If it is cut short, run it again with the same offer: it goes on where it stopped.
    Enrol {
        /// 城市根公钥；已有的钱包已知 · The city's root key, a DER SubjectPublicKeyInfo; a wallet that is there already
        /// knows it.
        #[arg(long, value_name = "FILE")]
        root: Option<PathBuf>,
        /// 窗口告知的交易码；不填则现场询问 · The transaction code from the counter; without it, it is asked for.
        #[arg(long, value_name = "DIGITS")]
        tx_code: Option<String>,
        /// 模拟证明方的私钥（PEM），随钱包保存；仅用于试用2级以上的场景 · The private key (PEM) of a mock attester, kept with the wallet:
        /// it says of these software keys that they lie in a secure element, to a city that lists it. For
        /// trials of scenes above level 2.
        #[arg(long, value_name = "FILE")]
        mock_attester: Option<PathBuf>,
        /// 本机在设备列表中的名称；不填则用计算机名 · What your list of devices calls this one; without it, this computer's name.
        #[arg(long, value_name = "NAME")]
        device_name: Option<String>,
        /// 申领链接，或其所指的 https 地址 · The offer: a link that starts with openid-credential-offer://, or the https
        /// address it refers to.
        offer: String,
    },
    /// 出示当日市民码，每15秒刷新，按 Ctrl-C 结束；无需联网 · Show today's code, renewed every 15 seconds until Ctrl-C. Needs no
    /// network.
    ///
    /// 使用 --once、--digits、--png、--svg，或输出不是终端时，只出示一次。
    ///
    /// With --once, --digits, --png or --svg, or where the output is no terminal, it is drawn once.
    Code {
        /// 只出示一次，随后结束 · Draw it once and end.
        #[arg(long)]
        once: bool,
        /// 输出数字，不绘制二维码 · Print the digits instead of the drawing.
        #[arg(long)]
        digits: bool,
        /// 写成 PNG 图片 · Write a picture instead of the drawing.
        #[arg(long, value_name = "FILE")]
        png: Option<PathBuf>,
        /// 写成 SVG 图片 · Write a scalable picture instead of the drawing.
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        /// 限定此码仅用于该场景 · Make the code good for this scene only.
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        scene: u16,
        /// 应答场所屏幕上的场所码（输入其数字） · Answer the code on a venue's screen, by its digits: where the venue wants its
        /// own code to be read first.
        #[arg(long, value_name = "DIGITS", conflicts_with = "scene")]
        venue_code: Option<String>,
        #[command(flatten)]
        by: UnlockBy,
        /// 使用纠错等级 L：模块更大，适合像素少的屏幕 · Draw with error correction L: larger modules in the same width, for
        /// displays of few pixels.
        #[arg(long)]
        small_display: bool,
    },
    /// 获取短号，供无法扫码时口头告知：一分钟内有效，仅用一次 · Get a short number to say aloud where no scanner works: good for one
    /// minute, once.
    Number {
        #[command(flatten)]
        by: UnlockBy,
        /// 输出一个 JSON 对象 · As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// 以数字读取场所码：显示由谁索取何种信息，并确认 · Read a venue's code by its digits: shows who asks for what, and confirms.
    ///
    /// 不是本城市签发的场所码不予受理。核验结果同时显示在本机和窗口屏幕上。
    ///
    /// A code that the city did not sign is refused. The verdict is shown here and on the desk's screen.
    Visit {
        /// 直接确认，不再询问 · Confirm without asking.
        #[arg(long)]
        confirm: bool,
        #[command(flatten)]
        by: UnlockBy,
        /// 场所码的数字 · The digits.
        venue_code: String,
    },
    /// 显示钱包自身的状态：有凭证的日期、校正后的时间；无需联网 · Say what the wallet knows by itself: days with a pass, the corrected
    /// time. Needs no network.
    Status {
        /// 输出一个 JSON 对象 · As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// 运行期间答复场所的请求：显示由谁索取何种信息，由您同意或拒绝 · Answer what venues ask, while it runs: shows who asks for what, and
    /// approves or refuses.
    ///
    /// 请先亮码，再在场所扫码时运行本命令：同一时间只能有一个程序使用钱包。
    /// 没有终端时，用 --approve 或 --deny 指明答复。
    ///
    /// Draw a code first, then run this while the venue scans it: one program at a time holds the wallet. Without a terminal,
    /// name the answer with --approve or --deny.
    Consents {
        /// 同意每一项请求 · Approve each question.
        #[arg(long, conflicts_with = "deny")]
        approve: bool,
        #[command(flatten)]
        by: UnlockBy,
        /// 拒绝每一项请求 · Refuse each question.
        #[arg(long)]
        deny: bool,
        /// 同时举报：未料到有人索取 · And report it: nobody was expected to ask. The city is told, the venue is not.
        #[arg(long, requires = "deny")]
        report: bool,
        /// 答复第一项请求后结束，或在所给秒数内没有请求即结束 · End after the first question, or after so many seconds without one.
        #[arg(long, value_name = "SECONDS")]
        once: Option<u64>,
    },
    /// 设置或修改解锁本钱包的数字密码；此后所亮的码为2级解锁 · Set or change the PIN that unlocks this wallet: codes then say tier 2.
    Pin {
        #[command(subcommand)]
        command: PinCommand,
    },
    /// 核对数字密码；输错计入次数 · Check the PIN: a wrong one counts as a try.
    Unlock {
        /// 从此文件第一行读取 · Take it from this file's first line.
        #[arg(long, value_name = "FILE", env = "SZID_PIN_FILE")]
        pin_file: Option<PathBuf>,
    },
    /// 查看账户状态：是否冻结、有哪些设备、有何新动态 · Say what the service knows of your account: whether it is frozen, its
    /// devices, what is new.
    Account {
        /// 输出一个 JSON 对象 · As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// 通过认证机构提升认证等级；机构名称见 account --json 的 level_up · Raise the identity level by a party that the city trusts: see
    /// level_up of `account --json` for its name.
    Prove {
        /// 认证机构的名称 · The connector's name, such as population_register.
        connector: String,
        /// 输出一个 JSON 对象，不等待 · As one JSON object, without waiting.
        #[arg(long)]
        json: bool,
    },
    /// 查看本人的设备和窗口申请新增的设备；可停用、同意或拒绝 · Show your devices and the new ones that counters ask for; end one,
    /// approve one, refuse one.
    Devices {
        /// 输出一个 JSON 对象 · As one JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        act: account::DeviceAct,
        #[command(flatten)]
        by: UnlockBy,
    },
    /// 从本机挂失：冻结账户，停用其他所有设备 · Report a lost phone from this device: freezes the account and ends every other
    /// device.
    Lost {
        /// 不再询问 · Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// 查看账户动态：申领、设备、冻结、变更；最近一百条 · Show what happened to your account: enrolments, devices, freezes, changes;
    /// the last hundred.
    Events {
        /// 输出一个 JSON 数组 · As one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// 谁查了我：最近一百次用证记录 · Show who used your identity: the last hundred uses.
    Uses {
        /// 输出一个 JSON 数组 · As one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// 举报一次用证：不是本人，或未料到 · Report a use: it was not you, or you did not expect it.
    Report {
        /// 回执编号，见 uses · The receipt, as uses lists it.
        receipt: String,
    },
    /// 下载一次用证的回执，由城市签名 · Fetch the receipt of a use, signed by the city.
    Receipt {
        /// 将签名文件写入此处 · Write the signed document to this file.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// 回执编号，见 `uses --json` · The receipt, as `uses --json` lists it.
        receipt: String,
    },
    /// 校正时间，下载信任清单，凭证不足时补领 · Correct the time, fetch the trust list, and fill the passes up where they run
    /// low.
    Refresh,
    /// 生成模拟证明方的密钥，另在旁边写出公钥（.spki）；仅供试用 · Make the key of a mock attester in FILE, and its public half beside
    /// it with the ending spki. For trials only.
    ///
    /// 城市在 szid.toml 中列入公钥（attester，kid = "mock-attester"），钱包以私钥申领（--mock-attester），
    /// 其凭证即称密钥在安全单元内，可达3级。正式城市切勿如此。
    ///
    /// The city lists the latter (an attester with kid = "mock-attester" in szid.toml), wallets enrol with the former
    /// (--mock-attester): their passes then say that keys lie in a secure element, which reaches level 3. Do this in no real city.
    MockAttester {
        /// 私钥的存放位置 · Where the private key goes.
        #[arg(value_name = "FILE")]
        key: PathBuf,
    },
    /// 销毁钱包：先销毁保险箱密钥，再删除其余内容；不可恢复 · Destroy the wallet: the vault's key first, then everything else. There is
    /// no way back.
    Wipe {
        /// 不再询问 · Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// What is said while the wallet's time is not settled.
const TIME_IN_DOUBT: &str = "时间核对中，市民码可能被拒：请联网运行 szid wallet refresh · \
    the time is being checked and codes may be refused: go online and run szid wallet refresh";

pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let folder = Folder::find(args.dir.as_deref())?;
    match &args.command {
        Command::Enrol { root, tx_code, mock_attester, device_name, offer } => {
            if let Some(key) = mock_attester {
                folder.keep_mock_attester(key)?;
            }
            let tx_code = match tx_code {
                Some(code) => code.clone(),
                None => ask("交易码 · transaction code: ", "--tx-code")?,
            };
            let name = device_name.clone().unwrap_or_else(folder::computer_name);
            enrol(&folder.open_for(root.as_deref(), name)?, offer, &tx_code)
        }
        Command::Code { once, digits, png, svg, scene, venue_code, by, small_display } => {
            let wallet = folder.open_existing()?;
            let level = if *small_display { QrLevel::L } else { QrLevel::M };
            let mut options = PresentationOptions { scene: *scene, level, challenge: None };
            if let Some(text) = venue_code {
                let read = wallet.read_venue_code(text).map_err(|error| failure(&error))?;
                options.scene = read.scene;
                options.challenge = read.challenge();
            }
            let unlocking = by.unlock(&wallet)?;
            let present = |options: &PresentationOptions| {
                wallet.present(&unlocking, options).map_err(|error| failure(&error))
            };
            let draw = || present(&options);
            warn_of_refusals(&wallet)?;
            let to_files = png.is_some() || svg.is_some();
            if let Some(path) = png {
                write_file(path, draw()?.qr.to_png(8).map_err(|error| failure(&error))?)?;
            }
            if let Some(path) = svg {
                write_file(path, draw()?.qr.to_svg())?;
            }
            if *digits {
                say!("{}", draw()?.digits);
            } else if *once || (!to_files && !std::io::stdout().is_terminal()) {
                print_once(&draw()?);
            } else if !to_files {
                return runtime()?.block_on(show::until_interrupted(
                    |small| match small {
                        true => {
                            present(&PresentationOptions { level: QrLevel::L, ..options.clone() })
                        }
                        false => draw(),
                    },
                    "",
                ));
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Status { json } => status(&folder, *json),
        Command::Refresh => {
            let wallet = folder.open_existing()?;
            let came = runtime()?.block_on(wallet.refresh()).map_err(|error| failure(&error))?;
            let left = wallet.passes_left().map_err(|error| failure(&error))?;
            say!("新增{came}天，共{left}天可用 · {came} new day passes, {left} left");
            warn_of_refusals(&wallet)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Consents { approve, by, deny, report, once } => {
            let given = match (approve, deny) {
                (true, _) => Some(Word::Approve),
                (false, true) if *report => Some(Word::Report),
                (false, true) => Some(Word::Refuse),
                (false, false) => None,
            };
            consents(&folder.open_existing()?, by, given, *once)
        }
        Command::Number { by, json } => visits::number(&folder.open_existing()?, by, *json),
        Command::Visit { confirm, by, venue_code } => {
            visits::visit(&folder.open_existing()?, by, venue_code, *confirm)
        }
        Command::Pin { command } => unlock::pin(&folder.open_existing()?, command),
        Command::Unlock { pin_file } => {
            unlock::unlock(&folder.open_existing()?, pin_file.as_deref())
        }
        Command::Account { json } => account::account(&folder.open_existing()?, *json),
        Command::Prove { connector, json } => {
            prove::prove(&folder.open_existing()?, connector, *json)
        }
        Command::Devices { json, act, by } => {
            account::devices(&folder.open_existing()?, act, by, *json)
        }
        Command::Lost { yes } => account::report_lost(&folder.open_existing()?, *yes),
        Command::Events { json } => account::events(&folder.open_existing()?, *json),
        Command::Uses { json } => uses::uses(&folder.open_existing()?, *json),
        Command::Report { receipt } => uses::report(&folder.open_existing()?, receipt),
        Command::Receipt { out, receipt } => {
            visits::receipt(&folder.open_existing()?, receipt, out.as_deref())
        }
        Command::MockAttester { key } => {
            say!("{}", make_key_files(key)?.display());
            Ok(ExitCode::SUCCESS)
        }
        Command::Wipe { yes } => wipe(&folder, *yes),
    }
}

fn enrol(wallet: &Wallet, offer: &str, tx_code: &str) -> Result<ExitCode, Failure> {
    let enrolled = runtime()?.block_on(wallet.enrol(offer, tx_code.trim()));
    let came = enrolled.map_err(|error| failure(&error))?;
    let left = wallet.passes_left().map_err(|error| failure(&error))?;
    if came == 0 {
        // The offer was taken up here before: nobody has compared this transaction code with anything.
        say!(
            "此申领码先前已在本机使用，未再核对验证码；{left}天可用 · this wallet took the offer up before: the transaction code was not needed, nor looked at; {left} day passes"
        );
        return Ok(ExitCode::SUCCESS);
    }
    say!("已申领，{left}天可用 · enrolled, {left} day passes");
    say!("软件密钥，仅供试用 · software keys in files: for trials only");
    Ok(ExitCode::SUCCESS)
}

/// Says on standard error why codes may be refused: for the time that they state, or as the account last stood.
fn warn_of_refusals(wallet: &Wallet) -> Result<(), Failure> {
    let status = wallet.status().map_err(|error| failure(&error))?;
    if status.time_in_doubt {
        hint!("{TIME_IN_DOUBT}");
    }
    if status.last_known.is_some_and(|known| known.standing != Standing::Active) {
        hint!("市民码可能被拒 · codes may be refused: {}", last_known_words(status.last_known));
    }
    Ok(())
}

fn print_once(code: &Presentation) {
    say!("{}", code.qr.to_terminal());
    say!("  {}秒内有效 · good for {} s", code.expires_in, code.expires_in);
}

fn status(folder: &Folder, as_json: bool) -> Result<ExitCode, Failure> {
    if !folder.exists() {
        if !as_json {
            return Err(failure(&WalletError::NotEnrolled));
        }
        say!("{}", json!({ "enrolled": false, "passes_left": 0, "days": [] }));
        return Ok(ExitCode::SUCCESS);
    }
    let status = folder.open_existing()?.status().map_err(|error| failure(&error))?;
    if as_json {
        say!("{}", as_object(&status));
        return Ok(ExitCode::SUCCESS);
    }
    let yes = |yes: bool| if yes { "是 · yes" } else { "否 · no" }.to_owned();
    let rests_on = match status.time_source {
        TimeSource::Signed => "服务签名的时间 · time signed by the service",
        TimeSource::WallClockWithOffset => "经校正的本机时间 · this computer's clock, corrected",
        _ => "本机时间 · this computer's clock",
    };
    let difference = match status.clock_offset {
        ..0 => "本机时间快 · this computer's clock is ahead by",
        0.. => "本机时间慢 · this computer's clock is behind by",
    };
    for (what, value) in [
        ("钱包 · wallet", folder.path().display().to_string()),
        ("密钥 · keys", "软件密钥（文件） · software (files)".to_owned()),
        ("已申领 · enrolled", yes(status.enrolled)),
        ("可用天数（含今天） · days left, today included", status.passes_left.to_string()),
        ("需要刷新 · refresh is due", yes(status.refresh_due)),
        ("时间 · time", local_time(status.now)),
        ("时间依据 · time rests on", rests_on.to_owned()),
        (difference, format!("{} s", status.clock_offset.unsigned_abs())),
    ] {
        say!("{what}: {value}");
    }
    if status.time_in_doubt {
        say!("{TIME_IN_DOUBT}");
    }
    if status.enrolled {
        say!("账户 · account: {}", last_known_words(status.last_known));
        if status.proof_due {
            say!("{PROOF_DUE}");
        }
        let id = status.device_id.as_deref();
        say!(
            "本机编号（窗口办理解冻时核对） · this device, as a counter sees it: {}",
            id.unwrap_or("尚未查询 · not asked yet: szid wallet refresh")
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Said a month before a level falls, and once nothing counts any more.
const PROOF_DUE: &str = "身份核验即将到期或已到期，请看 szid wallet account · your proof of identity runs out soon, or has: see szid wallet account";

/// What the service said the last time that it was asked, in words.
fn last_known_words(known: Option<LastKnown>) -> String {
    let Some(known) = known else {
        return "尚未查询 · not asked yet: szid wallet account".to_owned();
    };
    let (zh, en) = match known.standing {
        Standing::Active => ("正常", "active"),
        Standing::Frozen => ("已冻结，请到服务窗口办理解冻", "frozen: a counter lifts the freeze"),
        Standing::Revoked => ("已注销", "revoked"),
        Standing::DeviceEnded => {
            ("本机已停用，请到服务窗口重新申领", "this device was ended: apply at a counter")
        }
        _ => ("未知，请更新软件", "unknown: update this software"),
    };
    let mut words = format!("{zh} · {en} ({} 查询 · asked then)", local_time(known.at));
    if let Some(freeze) = known.freeze {
        words.push_str(&freeze_words(freeze));
    }
    words
}

/// When the account was frozen, by whom, and what to do.
fn freeze_words(freeze: Freeze) -> String {
    let (zh, en) = match freeze.by {
        FrozenBy::Registrar => ("服务窗口登记员冻结", "by a registrar at a counter"),
        FrozenBy::Holder => ("由您名下的手机挂失冻结", "by a report of loss from a phone of yours"),
        FrozenBy::Service => ("本市系统恢复备份后冻结", "by the city, after a backup was put back"),
        _ => ("冻结方未知，请更新软件", "by whom is unknown: update this software"),
    };
    let at = local_time(freeze.at);
    format!(
        "\n  {at} {zh}；如非您本人要求，请持身份证件到窗口查询，或致电12345 · frozen {at} {en}; if you did not ask for it, go to a counter with your document, or call 12345"
    )
}

fn as_object(status: &Status) -> serde_json::Value {
    let freeze = status.last_known.and_then(|known| known.freeze);
    json!({
        "enrolled": status.enrolled,
        "passes_left": status.passes_left,
        "days": status.days,
        "refresh_due": status.refresh_due,
        "now": status.now,
        "clock_offset": status.clock_offset,
        "time_source": time_source(status),
        "time_in_doubt": status.time_in_doubt,
        "keys": "software",
        "account": status.last_known.map(|known| known.standing),
        "account_asked_at": status.last_known.map(|known| known.at),
        "frozen_at": freeze.map(|freeze| freeze.at),
        "frozen_by": freeze.map(|freeze| freeze.by),
        "device": status.device_id,
        "level_falls_at": status.level_falls_at,
        "proof_due": status.proof_due,
    })
}

fn time_source(status: &Status) -> &'static str {
    match status.time_source {
        TimeSource::Signed => "signed",
        TimeSource::WallClockWithOffset => "wall-clock-with-offset",
        _ => "wall-clock",
    }
}

/// The holder's word on what a venue asks.
#[derive(Clone, Copy)]
enum Word {
    Approve,
    Refuse,
    Report,
}

/// Asks at the terminal.
fn ask_word() -> Result<Word, Failure> {
    let answer = ask("同意？输入 yes · approve? type yes: ", "--approve, --deny")?;
    Ok(if answer.trim() == "yes" { Word::Approve } else { Word::Refuse })
}

fn consents(
    wallet: &Wallet,
    by: &UnlockBy,
    given: Option<Word>,
    once: Option<u64>,
) -> Result<ExitCode, Failure> {
    let runtime = runtime()?;
    loop {
        let wait = once.unwrap_or(25).min(25);
        let asked = runtime.block_on(wallet.consents(wait)).map_err(|error| failure(&error))?;
        for request in &asked {
            say!(
                "{} · {} {}: {} ({} d)",
                place(&request.venue_name, request.site_name.as_deref()),
                request.scene_zh,
                request.scene_en,
                request.claims.join(", "),
                request.retention_days
            );
            if let Some(matter) = &request.matter {
                say!("  {} · {} · {}", matter.operator, matter.purpose, matter.case);
            }
            let word = given.map_or_else(ask_word, Ok)?;
            let answered = match word {
                Word::Approve => {
                    let unlocking = by.unlock(wallet)?;
                    runtime.block_on(wallet.approve(request, &unlocking))
                }
                Word::Refuse => runtime.block_on(wallet.deny(request)),
                Word::Report => runtime.block_on(wallet.deny_and_report(request)),
            };
            answered.map_err(|error| failure(&error))?;
            say!(
                "{}",
                match word {
                    Word::Approve => "已同意 · approved",
                    Word::Refuse => "已拒绝 · refused",
                    Word::Report => "已拒绝并举报 · refused and reported",
                }
            );
        }
        if once.is_some() {
            if asked.is_empty() {
                hint!("{wait}秒内没有询问 · no question came within {wait} s");
            }
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// A venue and, where it has several, its site.
fn place(venue: &str, site: Option<&str>) -> String {
    site.map_or_else(|| venue.to_owned(), |site| format!("{venue} {site}"))
}

fn wipe(folder: &Folder, yes: bool) -> Result<ExitCode, Failure> {
    let there = folder.path().display();
    if !folder.exists() {
        say!("没有钱包 · there is no wallet in {there}");
        return Ok(ExitCode::SUCCESS);
    }
    if !yes {
        let answer =
            ask(&format!("彻底销毁？输入 wipe · destroy {there} for good? type wipe: "), "--yes")?;
        if answer.trim() != "wipe" {
            return Err(Failure::failed("没有做任何改动", "nothing was done"));
        }
    }
    folder.wipe()?;
    say!("已销毁 · destroyed");
    Ok(ExitCode::SUCCESS)
}

/// One line from whoever sits at the terminal.
/// Asks on the terminal; `otherwise` is what says it where there is none.
fn ask(question: &str, otherwise: &str) -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(
            format_args!("没有可供询问的终端：请用 {otherwise} 指明"),
            format_args!("there is no terminal to ask on: say it with {otherwise}"),
        ));
    }
    say::beside(format_args!("{question}"));
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(Failure::system)?;
    Ok(line)
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Runtime::new().map_err(Failure::system)
}

/// The code, what happened, and what to do, in both languages.
fn failure(error: &WalletError) -> Failure {
    let advice = error.advice();
    let told = Failure::failed(advice.zh, format_args!("{}: {error}", advice.en));
    let told = told.with_code(error.code());
    match error {
        WalletError::Offer | WalletError::NotHttps => told.with_exit(2),
        _ => told,
    }
}
