//! `szid demo`: the whole path in one process.

mod city;
mod scan;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};
use szid_protocol::status::list_uri;
use szid_wallet::{Presentation, PresentationOptions, QrLevel};

use crate::{Failure, show};
use city::City;

/// 体验全流程：真实组件，虚构市民 · See the whole path at work, with the real parts and a fictional citizen
///
/// 在本机空闲端口启动服务和场所（用后即弃的数据目录），为虚构市民申领、升级认证、亮码，
/// 扫描所绘二维码，并显示场所看到的结果：通过、重复使用、已冻结、已过期。
/// 不加 --once 时随后持续亮码并自动刷新，按 Ctrl-C 结束。
///
/// Starts the service and a venue on a free loopback port with a throw-away data folder, enrols a fictional
/// citizen, raises their level, draws the code, scans the drawn picture, and shows what the venue sees:
/// accepted, replayed, frozen, expired. Without --once it then goes on showing the code, which renews itself,
/// until Ctrl-C.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// 只演示一次，不需要终端，随后结束 · Do it once, without a terminal, and end.
    #[arg(long)]
    once: bool,
    /// 以 JSON 输出核验结果 · Print the verdicts as JSON.
    #[arg(long)]
    json: bool,
    /// 将各文件留在此目录 · Leave the files in this folder: code.txt, at.txt (its time), code.png, code.svg,
    /// trust-list.cbor, status-list.cbor, status-list-frozen.cbor, scenes.cbor, root.spki, verdicts.json, and
    /// in days/ one code for each day of the strip (codes.txt: time, code and status list of each line).
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::system)?;
    runtime.block_on(walk_through(args))
}

async fn walk_through(args: &Args) -> Result<ExitCode, Failure> {
    let speak = |line: &str| {
        if !args.json {
            say!("{line}");
        }
    };
    speak("启动服务、钱包和场所 · starting service, wallet and venue …");
    let city = City::found().await?;
    speak("登记虚构市民林示例并申领 · enrolling a fictional citizen …");
    let person = city.enrol_citizen().await?;
    speak(
        "图书馆要求2级，市民通过（模拟的）人口库升级 · the library asks for level 2: the citizen raises theirs by the (mock) population register …",
    );
    let raised = raise_level(&city).await?;
    let code = draw(&city)?;
    if !args.json {
        let Raised { before, refused, after } = &raised;
        say!("  {before} {refused} → {after}");
        say!("{}", code.qr.to_terminal());
    }
    let mut files = Files::new(args.out.as_deref())?;
    files.code(&city, &code).await?;

    let scanned = scan::read_png(&code.qr.to_png(6).map_err(Failure::system)?)?;
    let mut verdicts = Vec::new();
    let steps = [
        ("图书馆扫码", "library scans the picture", "desk-1"),
        ("另一柜台重扫", "another desk scans it again", "desk-2"),
    ];
    for (zh, en, operator) in steps {
        verdicts.push(city.judge((zh, en), &scanned, operator).await?);
    }
    let days = files.days(&city).await?;
    city.report_lost().await?;
    files.frozen(&city).await?;
    verdicts.push(
        city.judge(
            ("冻结后再扫", "a new code of the frozen citizen"),
            &draw(&city)?.digits,
            "desk-1",
        )
        .await?,
    );
    city.unfreeze(&person).await?;
    city.clock.advance(61);
    verdicts.push(
        city.judge(("61秒后扫截图", "the first picture, 61 seconds later"), &scanned, "desk-1")
            .await?,
    );
    files.verdicts(&verdicts)?;
    if args.json {
        let Raised { before, refused, after } = raised;
        let raised = json!({ "before": before, "refused": refused, "after": after });
        let told =
            json!({ "at": code.iat, "code": code.digits, "step_up": raised, "verdicts": verdicts });
        say!("{told}");
    } else {
        verdicts.iter().for_each(print_verdict);
    }
    let expected = ["OK", "REPLAY", "FROZEN", "CODE_EXPIRED"];
    let as_expected =
        verdicts.iter().map(|verdict| verdict["reason"].as_str()).eq(expected.map(Some));
    if !as_expected {
        return Err(Failure::failed("有一项结论与预期不符", "a verdict is not the one expected"));
    }
    if args.once {
        let city = city.stop_service().await?;
        files.codes_of_days(&city, &days)?;
        return Ok(ExitCode::SUCCESS);
    }
    let reasons: Vec<_> = verdicts.iter().filter_map(|one| one["reason"].as_str()).collect();
    let before = format!("  刚才的核验结果 · verdicts: {}", reasons.join(", "));
    let draw_fitting = |small| draw_at(&city, if small { QrLevel::L } else { QrLevel::M });
    show::until_interrupted(draw_fitting, &before).await
}

/// A level that was raised, and what a scan said before.
struct Raised {
    before: u8,
    refused: String,
    after: u8,
}

/// Has the citizen, whom the counter knows by phone alone, matched to the population register.
async fn raise_level(city: &City) -> Result<Raised, Failure> {
    let level = async || {
        city.wallet.account().await.map(|account| account.identity_level).map_err(Failure::system)
    };
    let before = level().await?;
    let step = ("升级前", "before the level is raised");
    let refused = city.judge(step, &draw(city)?.digits, "desk-1").await?;
    let proof = city.wallet.begin_proof("population_register").await.map_err(Failure::system)?;
    if let Some(refusal) = proof.refusal {
        return Err(Failure::failed(refusal.zh, refusal.en));
    }
    city.wallet.refresh().await.map_err(Failure::system)?;
    let refused = refused["reason"].as_str().unwrap_or_default().to_owned();
    Ok(Raised { before, refused, after: level().await? })
}

fn draw(city: &City) -> Result<Presentation, Failure> {
    draw_at(city, QrLevel::default())
}

fn draw_at(city: &City, level: QrLevel) -> Result<Presentation, Failure> {
    let options = PresentationOptions { level, ..PresentationOptions::default() };
    city.wallet.present(&city.wallet.app_opened(), &options).map_err(Failure::system)
}

fn print_verdict(verdict: &Value) {
    let text =
        |of: &str, language: &str| verdict[of][language].as_str().unwrap_or_default().to_owned();
    let step = verdict["step"]["zh"].as_str().unwrap_or_default();
    say!("\n{step} · {}", text("step", "en"));
    say!(
        "  {}  {}",
        verdict["decision"].as_str().unwrap_or_default(),
        verdict["reason"].as_str().unwrap_or_default()
    );
    say!("  {} · {}", text("text", "zh"), text("text", "en"));
    say!("  {} · {}", text("staff", "zh"), text("staff", "en"));
}

/// The folder that a demo leaves behind, if one was asked for.
struct Files(Option<PathBuf>);

impl Files {
    fn new(folder: Option<&Path>) -> Result<Self, Failure> {
        if let Some(folder) = folder {
            std::fs::create_dir_all(folder.join("days")).map_err(Failure::system)?;
        }
        Ok(Self(folder.map(Path::to_path_buf)))
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
        match &self.0 {
            None => Ok(()),
            Some(folder) => crate::write_file(&folder.join(name), bytes),
        }
    }

    async fn code(&mut self, city: &City, code: &Presentation) -> Result<(), Failure> {
        self.write("code.txt", &code.digits)?;
        self.write("at.txt", code.iat.to_string())?;
        self.write("code.png", code.qr.to_png(6).map_err(Failure::system)?)?;
        self.write("code.svg", code.qr.to_svg())?;
        self.write("root.spki", city.root_spki()?)?;
        self.write("trust-list.cbor", city.document("/v1/trust").await?)?;
        self.write("scenes.cbor", city.document("/v1/scenes").await?)?;
        self.write("status-list.cbor", city.document(&city.status_path(city.today()?)).await?)
    }

    async fn frozen(&self, city: &City) -> Result<(), Failure> {
        self.write(
            "status-list-frozen.cbor",
            city.document(&city.status_path(city.today()?)).await?,
        )
    }

    /// Keeps the status list of every day of the strip while the service is up.
    async fn days(&self, city: &City) -> Result<Vec<u64>, Failure> {
        let days = city.wallet.status().map_err(Failure::system)?.days;
        for day in &days {
            let list = city.document(&city.status_path(*day)).await?;
            self.write(&format!("days/status-list-{day}.cbor"), list)?;
        }
        Ok(days)
    }

    /// One code for the noon of each day, drawn with the service stopped.
    fn codes_of_days(&self, city: &City, days: &[u64]) -> Result<(), Failure> {
        let mut lines = String::new();
        for day in days {
            city.clock.move_to(day - 43_200);
            let code = draw(city)?;
            lines.push_str(&format!("{} {} status-list-{day}.cbor\n", code.iat, code.digits));
        }
        self.write("days/codes.txt", lines)
    }

    fn verdicts(&self, verdicts: &[Value]) -> Result<(), Failure> {
        let json = serde_json::to_string_pretty(verdicts).map_err(Failure::system)?;
        self.write("verdicts.json", json + "\n")
    }
}

/// The path of a day's first status list, below the service's base.
fn status_path(day: u64) -> String {
    list_uri("/v1/status/", day, 0)
}
