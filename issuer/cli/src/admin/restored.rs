//! After the data folder was put back from a copy.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;
use szid_issuer::commands::CommandFault;
use szid_issuer::keys::{FileSigner, ReplacedKey};
use szid_issuer::witness::{Outside, Witness, WitnessError, restore};
use szid_protocol::audit_head::SignedAuditHead;
use szid_protocol::crypto::Signer;
use szid_protocol::trust::{Purpose, TrustList, TrustedKey, VerifiedTrustList};
use szid_register::entropy::SystemEntropy;
use szid_register::{CredentialScope, Finding, Protected, Register, Restored};
use szid_verifier::AwsLcBackend;

use super::credentials::listed;
use super::files::Files;
use super::fitting_key::open_seal;
use super::keys::{read_master_key, read_replaced_keys, read_service_keys};
use super::keys_in_use::KeysInUse;
use super::keys_mode::check_keys_mode;
use super::register::{explained, with_any_store, with_opened, witness_of};
use super::restored_now::Now;
use super::target::Work;
use crate::serve::Config;
use crate::{Failure, read_file, system};

/// 数据目录从备份恢复后，整理登记库 · Put the register in order after its data folder was put back from a copy
///
/// 备份之后的内容不在其中。本命令在审计中记下缺口，提高恢复代次以免凭证索引重发，
/// 将已公布状态清单所列的人再次冻结，此前的码一律视为已使用，关闭待办的申领和申请，
/// 按见证再次暂停、撤销，并列出须核查的人和事项。钱包会自行补领；只有备份中没有其令牌的须重新申领。
/// 清单取自见证，也可另行给出闸机或缓存中的清单。切勿同时恢复见证：与备份一同恢复的见证不知此后之事。
///
/// What came after the copy is not in it. This command records the gap in the audit, raises the register's epoch, so that no
/// index of a pass is given twice, freezes again whom the published status lists name, takes every code of before now as used,
/// closes offers and requests that waited, suspends and withdraws again what the witness says was, and says who and what has to be
/// looked at. Wallets fetch new passes by themselves; only those whose tokens the copy does not know need a new offer. Lists lie
/// in the witness; more of them, from gates or a cache, can be given. Leave the witness as it is: one that is put back from the
/// same copy knows nothing of what came after it, and nor does this command.
///
/// 示例 · Example:
///   szid admin restored --data data --keys keys
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(flatten)]
    files: Files,
    /// 已知的最高恢复代次，既无见证又无公布的链首时填写 · The highest epoch that is known, where there is neither a witness nor a
    /// published head.
    #[arg(long, value_name = "NUMBER")]
    epoch: Option<u32>,
    /// 最近公布的签名审计链首（GET /v1/audit/head） · The newest signed audit head that was published (GET
    /// /v1/audit/head).
    #[arg(long, value_name = "FILE")]
    published: Option<PathBuf>,
    /// 已公布的状态清单；可多次给出 · A status list that was published; give it once for each.
    #[arg(long = "list", value_name = "FILE")]
    lists: Vec<PathBuf>,
    /// 见证确已丢失：放弃只有见证知道的内容 · The register's witness is lost for good: give up what only it knew.
    #[arg(long)]
    without_witness: bool,
    /// 本机时间无误，不论登记库和见证如何记载 · This machine's clock is right, whatever the register and its witness say of
    /// time.
    #[arg(long)]
    clock_is_right: bool,
    /// 密钥比见证中的信任清单更新，或因原有的丢失而重新生成 · These keys are newer than the witness's trust list, or were made anew
    /// since the ones of before are lost.
    #[arg(long)]
    keys_are_new: bool,
    /// 再次显示上次整理的结果，不作任何改动 · Tell again what was found the last time, and change nothing.
    #[arg(long, conflicts_with_all = ["epoch", "published", "lists", "without_witness", "clock_is_right", "keys_are_new"])]
    show_last: bool,
    /// 输出一个 JSON 对象 · Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Whether nothing is changed.
    pub(super) fn only_shows(&self) -> bool {
        self.show_last
    }
}

/// A trust list for this process alone, of the service's own keys, whether they are still listed or not, and of those that were
/// replaced and that trust lists still name: what was forgotten after a theft is not among them. The witness's trust list tells
/// where the folder of the keys is one from before that.
fn trust_in(
    keys: &Path,
    witness: &Witness,
    keys_are_new: bool,
) -> Result<VerifiedTrustList, Failure> {
    let newest = witness.trust_list().map_err(Failure::system)?;
    let newest = newest.map(|list| VerifiedTrustList::named_unverified(&list, &AwsLcBackend));
    let newest = newest
        .transpose()
        .map_err(|_| Failure::told(WitnessError::Damaged(witness.trust_list_file())))?;
    if newest.is_none() {
        hint!(
            "注意：见证中没有信任清单，无从得知备份之后是否剔除过密钥：请与闸机或缓存中的现行清单核对 · note: no trust list is in the witness, so that nothing \
             tells whether a key was forgotten after the copy: compare with the list that a gate or a cache has"
        );
    }
    let root = FileSigner::throw_away(&SystemEntropy).map_err(Failure::system)?;
    let mut trusted = read_service_keys(keys)?.trusted("https://localhost", 0, u64::MAX);
    for ReplacedKey { key, purpose, until: to } in read_replaced_keys(keys)? {
        if let Purpose::Status | Purpose::Receipt = purpose {
            trusted.push(TrustedKey { key, purpose, from: 0, to, status_prefix: None });
        }
    }
    trusted.retain(|entry| newest.as_ref().is_none_or(|named| named.contains(&entry.key)));
    // By these keys no list would count: whom it names would not be frozen again.
    if !keys_are_new && !trusted.iter().any(|entry| entry.purpose == Purpose::Status) {
        return Err(Failure::of(&CommandFault::KeysUnlisted).at(keys));
    }
    let list = TrustList { version: 1, iat: 0, exp: u64::MAX, keys: trusted };
    let list = list.sign(&root).map_err(Failure::system)?;
    VerifiedTrustList::verify(&list, &[root.public_key()], &AwsLcBackend).map_err(Failure::system)
}

/// Whether the keys are this register's, before anything is changed: its witness would follow a register that no service opens.
fn check_key(store: &Register, keys: &Path) -> Result<(), Failure> {
    let id = store.register_id().map_err(|error| explained(&error))?;
    // A register of before the marks is compared with its key by the first service that opens it.
    let Some(seal) = store.seal().map_err(|error| explained(&error))? else { return Ok(()) };
    open_seal(&seal, id, &read_master_key(keys)?, keys)?;
    check_keys_mode(keys, seal.mode)
}

pub(super) fn restored(args: &Args) -> Result<ExitCode, Failure> {
    let restored = if args.show_last { last(args)? } else { put_in_order(args)? };
    let withdrawn = restored.protected.as_ref().map(|protected| protected.withdrawn.as_slice());
    let now = Now::read(&args.files.data, withdrawn.unwrap_or_default())?;
    if args.json {
        print_json(&restored, &now)
    } else {
        print(&restored, &now);
        now.say_lists();
    }
    hint_of_administrators(&args.files.data)?;
    Ok(ExitCode::SUCCESS)
}

fn last(args: &Args) -> Result<Restored, Failure> {
    let found = with_any_store(&args.files.data, async |store| store.last_restored().await)?;
    found.ok_or_else(|| Failure::of(&CommandFault::NeverRestored))
}

fn put_in_order(args: &Args) -> Result<Restored, Failure> {
    check_folder(&args.files)?;
    let witness = witness_of(&args.files.data);
    let trust = trust_in(&args.files.keys, &witness, args.keys_are_new)?;
    let outside = Outside {
        trust: &trust,
        epoch: args.epoch,
        head: args.published.as_deref().map(read_file).transpose()?,
        lists: args.lists.iter().map(|path| read_file(path)).collect::<Result<_, _>>()?,
        without_witness: args.without_witness,
        clock_is_right: args.clock_is_right,
    };
    let head = outside.head.as_deref().map(|head| SignedAuditHead::verify(head, &trust));
    let restored = with_opened(&args.files.data, async |store| {
        check_key(store, &args.files.keys)?;
        restore(store, &witness, outside, system::now()).await.map_err(Failure::told)
    })?;
    if let Some(Ok(head)) = head
        && args.without_witness
        && head.number <= restored.found.number
    {
        let (head, found) = (head.number, restored.found.number);
        hint!(
            "注意：所给链头止于条目 {head}，不晚于备份（{found}）：备份之后的事无从得知，请给出更新的链头或逐一核对 · note: the head that was given ends with \
             entry {head}, no later than the copy ({found}): it tells nothing of what came after the copy"
        );
    }
    Ok(restored)
}

/// Refuses another folder of keys than the service's, such as one of the backup: by its configuration, or by what it noted itself.
fn check_folder(files: &Files) -> Result<(), Failure> {
    let Some(config) = Config::of_folder(None, &files.data, |config| &config.data_dir)? else {
        return KeysInUse::read(&files.data)?.check(&files.keys);
    };
    let folders = [&config.keys_dir, &files.keys].map(std::fs::canonicalize);
    match &folders {
        [Ok(its), Ok(given)] if its != given => {
            let its = its.display().to_string();
            Err(Failure::of(&CommandFault::KeysElsewhere(its)).at(&files.keys))
        }
        _ => Ok(()),
    }
}

/// Says that no administrator of the copy has a good credential, where that is so: nobody can make again what has to be.
fn hint_of_administrators(data: &Path) -> Result<(), Failure> {
    let known = listed(&Work::Files(data), &CredentialScope::Administrators)?;
    if !known.is_empty() && known.iter().all(|one| one["state"] != "good") {
        hint!(
            "注意：没有一位管理员的凭据有效：启动服务之前，用 szid admin recover 换发，新增的加上 --new · note: no administrator has a good \
             credential: before the service is started, make one with szid admin recover, for somebody new with --new"
        );
    }
    Ok(())
}

fn print_json(restored: &Restored, now: &Now) {
    let protected = restored.protected.clone().unwrap_or_default();
    let persons = restored.persons.iter();
    let persons: Vec<_> =
        persons.map(|(person, finding)| json!({ "person": person, "finding": finding })).collect();
    say!(
        "{}",
        json!({ "epoch": restored.epoch, "found": restored.found.to_string(), "persons": persons,
            "unknown_passes": restored.unknown_passes, "closed": restored.closed,
            "unverified_lists": restored.unverified_lists,
            "nothing_lost": restored.nothing_lost, "registrations_known": restored.protected.is_some() && restored.known_through.is_none(),
            "known_through": restored.known_through, "lists_today": now.lists_today,
            "suspended": protected.suspended, "withdrawn": protected.withdrawn, "otherwise": protected.otherwise })
    );
}

fn print(restored: &Restored, now: &Now) {
    say!("登记库已整理，恢复代次 {0} · register put in order, epoch {0}", restored.epoch);
    say!("备份止于审计条目 {0} · the backup ended with audit entry {0}", restored.found.number);
    for (person, finding) in &restored.persons {
        let (zh, en) = match finding {
            // The lists say that of a phone that was ended, by a freeze as well, of an account that was revoked, and of one whose
            // name or level was put right.
            Finding::Revoked => (
                "备份之后有手机被停用（或账户被注销，或姓名、级别有更正），账户现已冻结",
                "a phone was ended, or the account revoked, or its name or level corrected, after the copy: the account is frozen now",
            ),
            Finding::Suspended => {
                ("备份之后已冻结，现再次冻结", "frozen after the copy: frozen again")
            }
            Finding::Released => {
                ("备份之后已解冻，现仍冻结", "released after the copy: still not active")
            }
        };
        say!("请核查 · look at {person}: {zh} · {en}");
    }
    if restored.unknown_passes > 0 {
        say!(
            "备份之后签发的 {0} 张凭证仍列为停用 · {0} passes that were issued after the copy stay suspended",
            restored.unknown_passes
        );
    }
    if restored.unverified_lists > 0 {
        say!(
            "见证中有 {0} 份状态清单不是由受信任的密钥签发，未予采用 · {0} status lists of the witness are not signed by a key that is \
             trusted: left out",
            restored.unverified_lists
        );
    }
    print_protected(restored.protected.as_ref(), now);
    if let Some(entry) = restored.known_through {
        say!(
            "见证止于审计条目 {entry}，不知此后之事：见证似与数据一起退回过 · the witness ends with audit entry {entry} and knows of nothing \
             later: it seems to have been put back together with the data"
        );
        print_unknown();
    }
    if restored.nothing_lost {
        return say!(
            "备份之后没有任何操作，无需重做 · nothing was done after the copy: nothing has to be done again"
        );
    }
    say!(
        "备份之后若新建过凭据，均已失效，须重新建立 · credentials that were made after the copy, if any, are unknown: make them again"
    );
    say!(
        "备份之后若有人申领，须重新申领 · whoever was enrolled after the copy, if anybody, must be enrolled again"
    );
    say!(
        "备份之后没有有效凭证的账户若被冻结，任何清单都没有记载 · no list tells of a freeze of somebody who had no pass that day: \
         ask the registrars what they did after the copy"
    );
    say!(
        "如有更新的备份，请改为恢复那一份，再执行一次 · where there is a newer copy, put that one back instead and run this again"
    );
}

fn print_unknown() {
    say!(
        "备份之后的冻结、暂停、撤销、场所、设备和闸机密钥的变更无从得知，须逐一核对并重做；清单所载被冻结者的手机已停用，须重新申领 · \
         nothing is known of suspensions, withdrawn credentials and changes of venues, devices and gate keys after the copy, and of \
         freezes what the lists say alone: look at each, and do them again; phones of whom the lists name have ended, and are enrolled \
         anew"
    );
}

fn print_protected(protected: Option<&Protected>, now: &Now) {
    let Some(protected) = protected else { return print_unknown() };
    for place in &protected.suspended {
        say!("备份之后已暂停，现再次暂停 · suspended after the copy, and suspended again: {place}");
    }
    for id in &protected.withdrawn {
        let whose = now.whose(id);
        say!(
            "备份之后已撤销，现再次撤销 · withdrawn after the copy, and withdrawn again: {id} ({whose})"
        );
    }
    for what in &protected.otherwise {
        say!(
            "请核查，备份之后登记有变更 · look at it, registered otherwise after the copy: {what}"
        );
    }
}
