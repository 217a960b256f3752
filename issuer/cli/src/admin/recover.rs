//! An administrator's secret is lost or stolen, and too few others are left: on the files of the stopped service, with the
//! register's key in hand.

use std::path::PathBuf;
use std::process::ExitCode;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use szid_issuer::administration::BearerView;
use szid_issuer::administration::Role;
use szid_issuer::audit::AuditEvent;
use szid_issuer::entropy::SystemEntropy;
use szid_issuer::store::{
    AdminChange, Bearer, CredentialScope, Seal, Store, StoreError, draw_secret,
};

use super::credentials::show;
use super::keys::read_master_key;
use super::register::{change, explained, with_opened, witness_of};
use crate::{Failure, system};

/// Give an administrator a new credential where secrets are lost and no two administrators are left to do it.
///
/// For the stopped service alone, and for whoever has its register.key in hand. Every earlier credential of that name is
/// withdrawn, and the audit keeps it: register / administrator_recovered, beside the credentials. While two other
/// administrators are at hand, do not use it: withdraw the lost credential and make a new one on the running service.
///
/// Example:
///   szid admin recover --data data --keys keys --administrator chen
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The data folder of the stopped service.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The folder of the service's keys: its register.key has to open the register.
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// Who gets the new credential.
    #[arg(long, value_name = "NAME")]
    administrator: String,
}

pub(super) fn recover(args: &Args) -> Result<ExitCode, Failure> {
    let name = args.administrator.clone();
    let view =
        BearerView { role: Role::Administrator, venue: None, name: name.clone(), duty: None };
    let bearer = Bearer::try_from(view).map_err(|fault| Failure::usage(fault.zh(), fault))?;
    let key = read_master_key(&args.keys)?;
    let witness = witness_of(&args.data);
    let secret = draw_secret(&SystemEntropy).map_err(Failure::system)?;
    let withdrawn = with_opened(&args.data, async |store| {
        witness.check(store).await.map_err(Failure::told)?;
        let seal = store.seal().map_err(|error| explained(&error))?;
        let seal = seal.ok_or_else(|| {
            Failure::usage(
                "此登记库尚未标明模式和密钥：请先启动一次服务",
                "this register is not marked with its mode and key yet: start the service once",
            )
        })?;
        let id = store.register_id().map_err(|error| explained(&error))?;
        seal.open(id, &key).map_err(|error| explained(&error))?;
        let withdrawn = withdraw_all_of(store, &bearer).await.map_err(|error| explained(&error))?;
        let hash = Sha256::digest(&secret).into();
        let made = change(store, AdminChange::Credential { hash, bearer }).await;
        made.map_err(|error| explained(&error))?;
        let event = recovered(&seal);
        let kept = store.put_seal(seal, Some(event), system::now()).await;
        kept.map_err(|error| explained(&error))?;
        witness.update(store, system::now()).await.map_err(Failure::told)?;
        Ok(withdrawn)
    })?;
    for id in withdrawn {
        eprintln!("凭据已撤销 · credential withdrawn: {id}");
    }
    eprintln!(
        "管理员 {name} 的新凭据，已记入审计 · a new credential of {name}, and the audit says so"
    );
    show(&secret);
    Ok(ExitCode::SUCCESS)
}

fn recovered(seal: &Seal) -> AuditEvent {
    AuditEvent::Register {
        act: "administrator_recovered".into(),
        mode: seal.mode.word().into(),
        key: seal.current.key_name(),
    }
}

/// Whoever found or stole the old secret has nothing with it.
async fn withdraw_all_of(store: &dyn Store, bearer: &Bearer) -> Result<Vec<String>, StoreError> {
    let known = store.credentials(CredentialScope::Administrators, None, usize::MAX).await?;
    let mut withdrawn = Vec::new();
    for one in known {
        if one.credential.bearer == *bearer && !one.credential.revoked {
            change(store, AdminChange::Withdraw(one.id)).await?;
            withdrawn.push(BASE64URL_NOPAD.encode(&one.id));
        }
    }
    Ok(withdrawn)
}
