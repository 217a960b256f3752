//! The level policy, signed by the root key on the offline machine.

use std::path::PathBuf;
use std::process::ExitCode;

use szid_identity::levels::bundled_policy;
use szid_protocol::crypto::Signer;
use szid_protocol::level_policy::{LevelPolicy, MAX_VERSION, VerifiedLevelPolicy};
use szid_verifier::AwsLcBackend;

use super::keys::read_signer;
use crate::{Failure, read_file, system, write_file};

/// 用根密钥签署级别规则，在从不联网的机器上进行 · Sign the level policy with the root key, on the machine that is never online
///
/// 规则是 JSON：各种核验方式的上限、有效期、可用的证件类别，以及哪些方式可以合并（docs/identity/levels.zh.md）。
/// The policy is JSON: each way's cap, how long it counts, the document classes that may use it, and what adds up
/// (docs/identity/levels.md).
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// 根密钥 · The root key.
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// 规则（JSON）；省略时为随软件提供的规则 · The policy as JSON; without it, the one that comes with the software.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// 版本，须高于以往各版，最多八位数字 · The version, higher than that of every policy before; eight digits at most.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=MAX_VERSION))]
    policy_version: u64,
    /// 写入位置；原有的规则用于核对 · Where to write it; the policy that lies there is compared with.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn make(args: &Args) -> Result<ExitCode, Failure> {
    let root = read_signer(&args.root)?;
    if args.out.exists() {
        let before = read_file(&args.out)?;
        let before = VerifiedLevelPolicy::verify(&before, &[root.public_key()], &AwsLcBackend)
            .map_err(|reason| Failure::refused(&args.out, reason))?;
        if before.version() >= args.policy_version {
            let version = before.version();
            return Err(Failure::usage(
                format_args!("上一份规则的版本号已是 {version}：服务只接受更高的版本号"),
                format_args!(
                    "the policy before has version {version} already: a service takes a higher one alone"
                ),
            ));
        }
    }
    let policy = read_policy(args)?;
    let document = policy.sign(args.policy_version, system::now(), &root);
    write_file(&args.out, document.map_err(Failure::unusable)?)?;
    say!(
        "级别规则已签署，版本 {0} · level policy signed, version {0}: {1}",
        args.policy_version,
        args.out.display()
    );
    Ok(ExitCode::SUCCESS)
}

fn read_policy(args: &Args) -> Result<LevelPolicy, Failure> {
    let Some(path) = &args.policy else { return bundled_policy().map_err(Failure::system) };
    let shown = path.display();
    let policy: LevelPolicy = serde_json::from_slice(&read_file(path)?).map_err(|error| {
        Failure::usage(
            format_args!("{shown} 不是有效的级别规则：{error}"),
            format_args!("{shown} is not a valid level policy: {error}"),
        )
    })?;
    if policy.fits() {
        return Ok(policy);
    }
    Err(Failure::usage(
        format_args!(
            "{shown} 超出级别规则的范围：编号和方法不能重复，合并的方式须属于不同的连接方且级别更高"
        ),
        format_args!(
            "{shown} is outside a level policy's bounds: no number or method twice, and sums of different connectors that give more"
        ),
    ))
}
