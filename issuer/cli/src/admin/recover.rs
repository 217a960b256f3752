//! An administrator's secret is lost or stolen, and too few others are left: on the files of the stopped service, with the
//! register's key in hand.

use std::process::ExitCode;

use sha2::{Digest, Sha256};
use szid_issuer::administration::BearerView;
use szid_issuer::administration::Role;
use szid_issuer::commands::CommandFault;
use szid_register::entropy::SystemEntropy;
use szid_register::{Bearer, StoreError, credential_id, draw_secret};

use super::files::Files;
use super::fitting_key::open_seal;
use super::keys::read_master_key;
use super::register::{explained, with_opened, witness_of};
use super::shown;
use crate::{Failure, system};

/// 凭据遗失、管理员不足两位时，为管理员换发凭据 · Give an administrator a new credential where secrets are lost and too few are left
///
/// 仅用于已停止的服务，且须持有其 register.key。此人此前的凭据一并撤销，审计记入
/// register / administrator_recovered。尚有另外两位管理员的，请勿使用：应在运行中的服务上撤销遗失的凭据并重新发放。
/// 任何时刻中断，都只有全部完成或全部未做两种结果：未显示凭据的，请再次运行。
///
/// For the stopped service alone, and for whoever has its register.key in hand. Every earlier credential of that name is
/// withdrawn, and the audit keeps it: register / administrator_recovered, beside the credentials. While two other
/// administrators are at hand, do not use it: withdraw the lost credential and make a new one on the running service.
/// Killed at any point, it has done all of it or nothing: where no secret was shown, run it again.
///
/// 示例 · Example:
///   szid admin recover --data data --keys keys --administrator chen
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(flatten)]
    files: Files,
    /// 换发给哪位管理员 · Who gets the new credential.
    #[arg(long, value_name = "NAME")]
    administrator: String,
    /// 此名称从未有过管理员；不加此项，视为名称有误 · Nobody of this name has been an administrator before: without this, such a name is refused as misspelt.
    #[arg(long)]
    new: bool,
}

pub(super) fn recover(args: &Args) -> Result<ExitCode, Failure> {
    let name = args.administrator.clone();
    let view =
        BearerView { role: Role::Administrator, venue: None, name: name.clone(), duty: None };
    Bearer::try_from(view).map_err(|fault| Failure::usage(fault.zh(), fault))?;
    let key = read_master_key(&args.files.keys)?;
    let witness = witness_of(&args.files.data);
    shown::check_secret_is_read()?;
    let secret = draw_secret(&SystemEntropy).map_err(Failure::system)?;
    let hash = Sha256::digest(&secret).into();
    let withdrawn = with_opened(&args.files.data, async |store| {
        witness.check(store).await.map_err(Failure::told)?;
        let seal = store.seal().map_err(|error| explained(&error))?;
        let seal = seal.ok_or_else(|| {
            Failure::usage(
                "此登记库尚未标明模式和密钥：请先启动一次服务",
                "this register is not marked with its mode and key yet: start the service once",
            )
        })?;
        let id = store.register_id().map_err(|error| explained(&error))?;
        open_seal(&seal, id, &key, &args.files.keys)?;
        let recovered =
            store.recover_administrator(&seal, name.clone(), hash, args.new, system::now());
        let withdrawn = recovered.await.map_err(|error| match error {
            StoreError::NotFound => Failure::of(&CommandFault::NameUnknown(name.clone())),
            error => explained(&error),
        })?;
        witness.update(store, system::now()).await.map_err(Failure::told)?;
        Ok(withdrawn)
    })?;
    for id in withdrawn {
        let id = shown::credential_name(&id);
        hint!("凭据已撤销 · credential withdrawn: {id}");
    }
    hint!("管理员 {name} 的新凭据，已记入审计 · a new credential of {name}, and the audit says so");
    shown::secret(&secret, &shown::credential_name(&credential_id(&hash)))
}
