//! `szid admin`: keys, trust list, venues, credentials, audit.

mod audit;
mod audit_gaps;
mod audit_list;
mod changes;
mod client;
mod clock;
mod credentials;
mod files;
mod fitting_key;
mod found;
mod key_name;
mod keys;
mod keys_in_use;
mod keys_mode;
mod levels;
mod list_taken;
mod operator;
mod picture;
mod public_keys;
mod recover;
mod register;
mod register_key;
mod requests;
mod restored;
mod restored_now;
mod rotation;
mod shown;
mod sites;
mod suspension;
mod target;
mod trust;
mod trust_before;
mod withdrawal;

use std::process::ExitCode;

use clap::Subcommand;
use szid_issuer::commands::CommandFault;

use crate::Failure;
use crate::say::{self, Lost};
pub(crate) use fitting_key::naming_kept_of;
pub(crate) use keys::{read_master_key, read_replaced_keys, read_service_keys};
pub(crate) use keys_in_use::KeysInUse;
pub(crate) use keys_mode::check_keys_mode;

/// 部署和维护服务：密钥、信任清单、场所、凭据、审计 · Set up a service and look after it: keys, venues, credentials, audit
///
/// 根密钥在从不联网的机器（offline）上生成和使用，两台机器之间只传送公开文件。
/// The root key is made and used on a machine that is never online; only public files travel between the two.
/// 下列命令依次执行即得一个演示环境（EXAMPLE 均为虚构）；正式城市用 --mode production 和真实的统一社会信用代码，不设 demo_mode。
/// In their order these set up a demonstration (EXAMPLE is fictional); a city says --mode production, has real codes of its
/// organisations, and leaves demo_mode as it is.
///
///   offline   szid admin root --out safe
///   service   szid admin keys --out keys
///             cp safe/root.spki root.spki
///   offline   szid admin trust --root safe/root.pem --keys keys/public-keys.json --base-url https://id.example.cn \
///                 --list-version 1 --out trust-list.cbor
///   service   szid admin found --data data --keys keys --mode demo
///             szid admin venue --data data --id library --name 图书馆 --uscc 12440399EXAMPLEB3N --scene 2
///             szid admin credential --data data --venue library --device desk-1
///             szid admin site --data data --venue library --id nanshan --name 南山分馆
///             szid admin device --data data --venue library --device desk-1 --site nanshan
///             szid admin venue --data data --id park --name 公园 --uscc 91440399EXAMPLEC1C --scene 3
///             szid admin credential --data data --registrar counter-1
///             szid admin credential --data data --administrator chen
///             szid admin credential --data data --administrator zhao
///             szid admin operator --data data --venue library --name li --role manager
///             szid gate --make-key gate-1.pem
///             szid admin gate --data data --venue park --device gate-1 --key gate-1.spki
///             szid serve --print-example | sed 's/^demo_mode = false/demo_mode = true/' > szid.toml
///             szid serve --config szid.toml
///
/// 使用 --data 的，处理已停止服务的文件。运行中的服务经本机套接字或 HTTPS 操作，以管理员身份进行，
/// 管理员凭据放入 SZID_CREDENTIAL；增加权限或解除暂停的操作待另一位管理员确认（退出码3）：
/// With --data these work on the files of a service that is stopped. A running one is spoken to over its local socket or
/// HTTPS, as an administrator whose secret is in SZID_CREDENTIAL; what gives more or lifts a suspension then waits for
/// a second administrator (exit code 3):
///
///   export SZID_SERVICE=unix:data/admin.sock SZID_CREDENTIAL
///   szid admin credentials --registrars
///   szid admin withdraw --id 9dGJ0mXk2Yq7c1bV4hT8Qw
///   szid admin credential --registrar counter-2
///   szid admin requests
///   szid admin confirm c2FtcGxlLXJlcXVlc3QtMQ
///
/// szid.toml 所设见证不在数据目录旁的，请将 SZID_WITNESS 设为该目录。
/// found、recover、register-key、restored 只处理文件：请先停止服务。
/// Where szid.toml names another witness than the folder beside the data folder, set SZID_WITNESS to it.
/// found, recover, register-key and restored work on the files alone: stop the service first.
///
/// 退出码 · Exit codes:
///   0  完成 · done
///   1  未能完成 · it could not be done
///   2  用法有误，或所给文件无法使用 · used wrongly, or a file that was given cannot be used
///   3  待另一位管理员确认 · it waits for a second administrator
///   4  服务无法连接或没有应答 · the service cannot be reached, or gives no answer
///   5  SZID_CREDENTIAL 中的凭据不被接受 · the credential in SZID_CREDENTIAL is not accepted
///   6  没有此编号、名称、场所或地点 · no such id, name, venue or site
///   7  已完成，但结果未能输出 · done, and it could not be told
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(rustdoc::bare_urls, reason = "help for a terminal")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Root(keys::RootArgs),
    Keys(keys::KeysArgs),
    RegisterKey(register_key::Args),
    Trust(trust::Args),
    Levels(levels::Args),
    Found(found::Args),
    Venue(register::VenueArgs),
    Site(sites::SiteArgs),
    Device(sites::DeviceArgs),
    Credential(credentials::CredentialArgs),
    Credentials(credentials::ListArgs),
    Withdraw(withdrawal::Args),
    Contest(withdrawal::ContestArgs),
    Recover(recover::Args),
    Operator(operator::Args),
    Gate(register::GateArgs),
    Suspend(suspension::SuspendArgs),
    Resume(suspension::ResumeArgs),
    Requests(requests::ListArgs),
    Confirm(requests::ConfirmArgs),
    Reject(requests::RejectArgs),
    Audit(audit::Args),
    Restored(restored::Args),
    Clock(clock::Args),
}

impl Command {
    /// Whether it changes nothing: then it does not matter what of its answer was lost to a reader who had enough.
    fn only_looks(&self) -> bool {
        match self {
            Self::Credentials(_) | Self::Requests(_) | Self::Audit(_) => true,
            Self::Restored(args) => args.only_shows(),
            Self::Clock(args) => args.only_shows(),
            Self::RegisterKey(args) => args.only_shows(),
            _ => false,
        }
    }
}

/// Where something that was done cannot be told, it is done all the same, and that has an exit code of its own.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let outcome = run_command(args);
    match say::lost() {
        None => outcome,
        Some(Lost::ReaderGone(_)) if args.command.only_looks() => outcome,
        Some(lost) => outcome.and(Err(Failure::of(&CommandFault::Untold(lost.to_string())))),
    }
}

fn run_command(args: &Args) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Root(args) => keys::make_root(args),
        Command::Keys(args) => keys::service_keys(args),
        Command::RegisterKey(args) => register_key::run(args),
        Command::Trust(args) => trust::make(args),
        Command::Levels(args) => levels::make(args),
        Command::Found(args) => found::found(args),
        Command::Venue(args) => register::put_venue(args),
        Command::Site(args) => sites::put_site(args),
        Command::Device(args) => sites::put_device(args),
        Command::Credential(args) => credentials::credential(args),
        Command::Credentials(args) => credentials::list(args),
        Command::Withdraw(args) => withdrawal::withdraw(args),
        Command::Contest(args) => withdrawal::contest(args),
        Command::Recover(args) => recover::recover(args),
        Command::Operator(args) => operator::credential(args),
        Command::Gate(args) => register::gate(args),
        Command::Suspend(args) => suspension::suspend(args),
        Command::Resume(args) => suspension::resume(args),
        Command::Requests(args) => requests::list(args),
        Command::Confirm(args) => requests::confirm(args),
        Command::Reject(args) => requests::reject(args),
        Command::Audit(args) => audit::audit(args),
        Command::Restored(args) => restored::restored(args),
        Command::Clock(args) => clock::clock(args),
    }
}
