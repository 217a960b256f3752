//! Is the audit whole, and does it hold what was published of it?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use reqwest::Method;
use serde_json::{Value, json};
use szid_issuer::commands::CommandFault;
use szid_protocol::audit_head::SignedAuditHead;
use szid_protocol::reason::Reason;
use szid_protocol::trust::VerifiedTrustList;
use szid_register::audit::{AuditHead, ChainReport};
use szid_verifier::AwsLcBackend;

use super::audit_gaps;
use super::audit_list::{self, Listed};
use super::client::{Client, Named};
use super::register::{with_any_store, witness_of};
use super::target::{Target, Work};
use crate::{Failure, read_file, read_public_key};

/// 核对审计链；加 --list 则列出条目 · Walk the audit chain and say whether it is whole (JSON); with --list, list it
///
/// 与登记库的见证以及先前公布或记下的链首比较：末尾被截去、登记库被旧备份恢复，都会发现。
/// 恢复备份之后，备份与恢复之间公布的链首指向已丢失的条目：会说明，不算不完整。不完整时退出码为1。运行中的服务自行核对审计链，不看见证：见证在启动时核对。
///
/// It is compared with the register's witness, and with a head that was published or printed before: then a tail that was cut
/// off, and a register that was put back from a copy, are found. Once szid admin restored has put that in order, a head of between
/// the copy and then is of entries that are gone: that is said, and is no fault. Exit code 1 where it is not whole. A running service walks its
/// chain itself, and does not look at its witness: it does so when it starts.
///
/// 示例 · Example:
///   curl -o head.cwt https://id.example.cn/v1/audit/head
///   szid admin audit --data data --published head.cwt --trust trust-list.cbor --root root.spki
///   szid admin audit --list --kind registration --since 7d
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(rustdoc::bare_urls, reason = "help for a terminal")]
pub(super) struct Args {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    listed: Listed,
    /// 先前记下的链首，格式为“序号:摘要” · A head that was printed before, as number:digest.
    #[arg(long, value_name = "HEAD")]
    from: Option<AuditHead>,
    /// 先前公布的签名链首 · A signed head that was published before.
    #[arg(long, value_name = "FILE", requires = "trust")]
    published: Option<PathBuf>,
    /// 信任清单 · The trust list.
    #[arg(long, value_name = "FILE", requires = "root")]
    trust: Option<PathBuf>,
    /// 根公钥 · The root's public key.
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
}

/// The trust list, if this root signed it.
fn read_trust(list: &Path, root: &Path) -> Result<VerifiedTrustList, Failure> {
    let root = read_public_key(root)?;
    VerifiedTrustList::verify(&read_file(list)?, &[root], &AwsLcBackend)
        .map_err(|reason| Failure::refused(list, reason))
}

pub(super) fn audit(args: &Args) -> Result<ExitCode, Failure> {
    if args.listed.list {
        return audit_list::list(&args.target, &args.listed);
    }
    let published = match (&args.published, &args.trust, &args.root) {
        (Some(file), Some(trust), Some(root)) => {
            let trust = read_trust(trust, root)?;
            let head = SignedAuditHead::verify(&read_file(file)?, &trust);
            let head = head.map_err(|reason| match reason {
                // Of the reasons of a scan, this one speaks of the trust list alone.
                Reason::TrustSignature => {
                    Failure::of(&CommandFault::HeadKey(file.display().to_string()))
                }
                reason => Failure::refused(file, reason),
            })?;
            Some(head)
        }
        _ => None,
    };
    let work = args.target.open()?;
    let gap = match &published {
        Some(head) => audit_gaps::of_head(&work, head)?,
        None => None,
    };
    // What went with a restoration is not looked for in the chain that goes on from the copy.
    let compared = published.as_ref().filter(|_| gap.is_none());
    let heads = args.from.into_iter().chain(compared.map(AuditHead::from)).collect();
    let mut report = match work {
        Work::Files(data) => walk_files(data, heads, published.as_ref())?,
        Work::Service(client) => ask_service(&client, heads)?,
    };
    if let Some(gap) = &gap {
        gap.tell(&mut report);
    }
    say!("{report}");
    if gap.is_none() && published.is_some() && report["first_broken"].is_u64() {
        hint_of_restoration();
    }
    Ok(if report["whole"] == true { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Says what a published head comes to that no restoration explains: most often one that nobody told the register of.
fn hint_of_restoration() {
    hint!(
        "登记库没有此链头的条目，也没有能说明其去向的恢复记录。数据与见证一起退回过的（例如整台机器从备份恢复），见证看不出来：请停止服务，\
         执行 szid admin restored --published 链头文件；你们没有这样恢复过的，才是有人删去了记录，请追查\n\
         the register has no entry of this head, and no restoration that would explain it. Where data and witness were put back together, as \
         with a whole machine, the witness cannot show it: stop the service and run szid admin restored --published with the head's file. \
         Only where none of you put them back, somebody cut entries off: look for who did that"
    );
}

/// A running service walks its chain itself, once for each head.
fn ask_service(client: &Client, heads: Vec<AuditHead>) -> Result<Value, Failure> {
    let verify = |query: &[(&str, String)]| {
        client.ask(client.request(Method::GET, &["audit", "verify"]).query(query), &Named::Nothing)
    };
    let mut report = verify(&[])?;
    for head in heads {
        if report["whole"] == true {
            report = verify(&[("from", head.to_string())])?;
        }
    }
    Ok(report)
}

/// The chain in the files of a stopped service, compared with its witness as well.
fn walk_files(
    data: &Path,
    mut heads: Vec<AuditHead>,
    published: Option<&SignedAuditHead>,
) -> Result<Value, Failure> {
    let seen = witness_of(data).read().map_err(Failure::told)?;
    heads.extend(seen.as_ref().map(|seen| seen.head));
    let (own, reports) = with_any_store(data, async |store| {
        let mut reports = vec![store.audit_verify(None).await?];
        for head in heads {
            reports.push(store.audit_verify(Some(head)).await?);
        }
        Ok((store.identity().await?, reports))
    })?;
    let foreign = published.is_some_and(|head| head.register != own.id.0)
        || seen.as_ref().is_some_and(|seen| seen.register != own.id);
    let broken = reports.iter().filter_map(|report| match report {
        ChainReport::Whole(_) => None,
        ChainReport::Broken { number } => Some(*number),
    });
    let first_broken = broken.min();
    Ok(match (first_broken, foreign, reports.first()) {
        (None, false, Some(ChainReport::Whole(head))) => json!({
            "whole": true, "head": head.to_string(), "epoch": own.epoch, "witnessed": seen.is_some(),
        }),
        _ => json!({ "whole": false, "first_broken": first_broken, "other_register": foreign }),
    })
}
