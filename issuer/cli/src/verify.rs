//! `szid verify`: one code against files, without any network.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use szid_protocol::reason::Reason;
use szid_protocol::scene::{ScenePolicy, VerifiedScenePolicies};
use szid_protocol::status::VerifiedStatusList;
use szid_protocol::trust::VerifiedTrustList;
use szid_protocol::verdict::{Decision, Verdict};
use szid_protocol::verify::{
    Evidence, NoCache, NoReplayMemory, Question, StatusAnswer, StatusReference, StatusSource,
    verify,
};
use szid_verifier::AwsLcBackend;
use szid_verifier::scanner::Scanner;

use crate::{Failure, read_file, read_public_key};

/// 离线核验一个市民码 · Verify one citizen code offline
///
/// 输出一个 JSON 对象：`decision` 为 `accept` 或 `refuse`，`reason` 为固定代码（docs/errors.md）。
/// 退出码：0 通过，1 不通过，2 用法有误或文件无法读取。
/// 单次核验没有防重放记录：已使用过的码在此处不会被发现。
///
/// Prints one JSON object whose `decision` is `accept` or `refuse` and whose `reason` is a stable code (docs/errors.md).
/// Exit code: 0 accepted, 1 refused, 2 the command was used wrongly or a file cannot be read.
/// A single check has no memory: a code that was used before is not noticed here.
///
/// 示例 · Example, after `szid demo --once --json --out out`, at the time of that code:
///   szid verify --root out/root.spki --trust out/trust-list.cbor --status out/status-list.cbor \
///     --at "$(cat out/at.txt)" - < out/code.txt
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// 城市根公钥 · The city's root key: a DER SubjectPublicKeyInfo.
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// 信任清单 · The trust list.
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// 状态清单，或存放状态清单的目录（名称以 status-list 开头的 *.cbor）；可多次给出 · A status list, or a folder of them (every `*.cbor`
    /// whose name starts with `status-list`); may be given again.
    #[arg(long, value_name = "FILE", required = true)]
    status: Vec<PathBuf>,
    /// 场景规则；使用 --scene 时必填 · The scene policies; needed with --scene.
    #[arg(long, value_name = "FILE", requires = "scene")]
    scenes: Option<PathBuf>,
    /// 核验所用的场景；不填则只核验码本身 · The scene to verify for; without it the code must be good in itself.
    #[arg(long, value_name = "NUMBER", requires = "scenes")]
    scene: Option<u16>,
    /// 核验时间（Unix 秒）；不填为当前时间 · The time to verify at, Unix seconds; without it, now.
    #[arg(long, value_name = "UNIX")]
    at: Option<u64>,
    /// 扫到的码；`-` 表示从标准输入读取 · The scanned code, or `-` to read it from standard input.
    #[arg(allow_hyphen_values = true)]
    code: String,
}

/// The longest input that is read from standard input.
const MAX_INPUT: u64 = 1 << 20;

pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let verdict = judge(args)?;
    let json = serde_json::to_string(&verdict.view()).map_err(Failure::system)?;
    say!("{json}");
    Ok(ExitCode::from(u8::from(verdict.decision() == Decision::Refuse)))
}

fn judge(args: &Args) -> Result<Verdict, Failure> {
    let scanned = scanned_text(&args.code)?;
    let root = read_public_key(&args.root)?;
    let trust = read_file(&args.trust)?;
    let scenes = args.scenes.as_deref().map(read_file).transpose()?;
    let statuses = status_files(&args.status)?;
    let now = args.at.unwrap_or_else(crate::system::now);
    let scene = args.scene.unwrap_or(0);

    let judged = (|| -> Result<Verdict, Reason> {
        let trust = VerifiedTrustList::verify(&trust, &[root], &AwsLcBackend)?;
        let policy = match &scenes {
            Some(bytes) => VerifiedScenePolicies::verify(bytes, &trust, now)?.scene(scene)?.clone(),
            None => ScenePolicy::any(),
        };
        let lists = StatusFiles::verify(&statuses, &trust, now)?;
        let code = Scanner::default().read(&scanned)?;
        let question = Question {
            code: &code,
            now,
            newest_signed_time: 0,
            scene: &policy,
            challenge: None,
            online: false,
            operator: "",
        };
        let evidence = Evidence {
            backend: &AwsLcBackend,
            trust: &trust,
            status: &lists,
            replay: &NoReplayMemory,
            passes: &NoCache,
        };
        Ok(verify(&question, &evidence))
    })();
    Ok(judged.unwrap_or_else(|reason| Verdict::refuse(reason, scene)))
}

fn scanned_text(argument: &str) -> Result<String, Failure> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut bytes = Vec::new();
    std::io::stdin().take(MAX_INPUT).read_to_end(&mut bytes).map_err(Failure::unusable)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn status_files(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut found = lists_in(path)?;
            found.sort();
            for file in found {
                files.push(read_file(&file)?);
            }
        } else {
            files.push(read_file(path)?);
        }
    }
    Ok(files)
}

fn lists_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let cannot = |error| Failure::unread(folder, error);
    let entries = std::fs::read_dir(folder).map_err(cannot)?;
    let is_list = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("status-list") && name.ends_with(".cbor")
    };
    Ok(entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(is_list).collect())
}

/// The status lists that were given, all verified before the code is looked at.
struct StatusFiles(Vec<VerifiedStatusList>);

impl StatusFiles {
    fn verify(files: &[Vec<u8>], trust: &VerifiedTrustList, now: u64) -> Result<Self, Reason> {
        files
            .iter()
            .map(|bytes| VerifiedStatusList::verify(bytes, trust, now))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl StatusSource for StatusFiles {
    fn status(&self, reference: &StatusReference<'_>) -> StatusAnswer {
        let uri = reference.uri();
        let newest =
            self.0.iter().filter(|list| list.uri() == uri).max_by_key(|list| list.issued_at());
        match newest {
            None if self.0.is_empty() => StatusAnswer::Missing,
            None => StatusAnswer::Foreign,
            Some(list) => match list.status(reference.position) {
                None => StatusAnswer::OutOfRange,
                Some(status) => StatusAnswer::Known {
                    status,
                    issued_at: list.issued_at(),
                    expires_at: list.expires_at(),
                },
            },
        }
    }
}
