//! Withdrawing credentials: one by its id, or those of a name.

use std::process::ExitCode;

use clap::ArgGroup;
use reqwest::Method;
use serde_json::Value;
use szid_issuer::commands::CommandFault;
use szid_issuer::store::{AdminChange, CredentialScope, StoreError};

use super::client::Named;
use super::credentials::{decode_id, listed};
use super::register::{change, with_store};
use super::say::say;
use super::target::{Target, Work};
use crate::Failure;

/// 撤销凭据，立即生效，不可恢复 · Withdraw a credential, at once and for good. Sessions end with it
///
/// 会话随之结束；无需出示凭据本身。按 `szid admin credentials` 列出的编号，或按持有人撤销。同名有多份有效凭据时不撤销任何一份，只列出；
/// --all 全部撤销，适用于人员离岗。
///
/// No secret is needed. By its id, as `szid admin credentials` lists it, or by whose it is. A name that has several good credentials withdraws
/// nothing and lists them; --all withdraws every one of them, which is what the end of somebody's work here wants.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, group(ArgGroup::new("which").required(true)
    .args(["id", "registrar", "administrator", "device", "operator"])))]
pub(super) struct Args {
    #[command(flatten)]
    target: Target,
    /// 凭据编号，见 `szid admin credentials` · The credential, as `szid admin credentials` lists it.
    #[arg(long, allow_hyphen_values = true)]
    id: Option<String>,
    /// 此登记员的 · Those of this registrar.
    #[arg(long, value_name = "NAME")]
    registrar: Option<String>,
    /// 此管理员的 · Those of this administrator.
    #[arg(long, value_name = "NAME")]
    administrator: Option<String>,
    /// 该场所此设备的 · Those of this device of the venue.
    #[arg(long, value_name = "NAME", requires = "venue")]
    device: Option<String>,
    /// 该场所此管理人员的 · Those of this operator of the venue.
    #[arg(long, value_name = "NAME", requires = "venue")]
    operator: Option<String>,
    /// 场所编号，与 --device 或 --operator 同用 · The venue's id, with --device or --operator.
    #[arg(long, value_name = "ID", conflicts_with_all = ["id", "registrar", "administrator"])]
    venue: Option<String>,
    /// 同名的有效凭据全部撤销 · All good credentials of the name, where it has several.
    #[arg(long, conflicts_with = "id")]
    all: bool,
}

/// Whose credentials: where they are listed, their role, their name.
struct Whose<'a> {
    scope: CredentialScope,
    role: &'static str,
    name: &'a str,
}

impl Args {
    fn whose(&self) -> Option<Whose<'_>> {
        let of_venue = || CredentialScope::Venue(self.venue.clone().unwrap_or_default());
        let named = [
            (&self.registrar, CredentialScope::Registrars, "registrar"),
            (&self.administrator, CredentialScope::Administrators, "administrator"),
            (&self.device, of_venue(), "device"),
            (&self.operator, of_venue(), "operator"),
        ];
        named
            .into_iter()
            .find_map(|(name, scope, role)| Some(Whose { scope, role, name: name.as_deref()? }))
    }
}

pub(super) fn withdraw(args: &Args) -> Result<ExitCode, Failure> {
    let id = args.id.as_deref().map(|id| decode_id(id).map(|_| id)).transpose()?;
    let work = args.target.open()?;
    match (id, args.whose()) {
        (Some(id), _) => withdraw_one(&work, id)?,
        (None, Some(whose)) => {
            let found = good_of_name(&work, &whose)?;
            if found.len() > 1 && !args.all {
                // What to choose from, where a list of credentials always goes.
                found.iter().for_each(|one| say!("{one}"));
                let (name, count) = (whose.name.to_owned(), found.len());
                return Err(Failure::of(&CommandFault::Ambiguous { name, count }));
            }
            for one in &found {
                withdraw_one(&work, one["credential"].as_str().unwrap_or_default())?;
            }
        }
        (None, None) => return Err(Failure::of(&CommandFault::Id(String::new()))),
    }
    Ok(ExitCode::SUCCESS)
}

fn good_of_name(work: &Work, whose: &Whose) -> Result<Vec<Value>, Failure> {
    let mut found = listed(work, &whose.scope)?;
    found.retain(|one| {
        let bearer = &one["bearer"];
        bearer["role"] == whose.role && bearer["name"] == whose.name && one["state"] == "good"
    });
    if found.is_empty() {
        return Err(Failure::of(&CommandFault::NoneOfName(whose.name.into())));
    }
    Ok(found)
}

fn withdraw_one(work: &Work, id: &str) -> Result<(), Failure> {
    match work {
        Work::Files(data) => {
            let decoded = decode_id(id)?;
            let done = with_store(data, async |store| {
                match change(store, AdminChange::Withdraw(decoded)).await {
                    Err(StoreError::NotFound) => Ok(false),
                    changed => changed.map(|()| true),
                }
            })?;
            if !done {
                return Err(Failure::of(&CommandFault::NoCredential(id.into())));
            }
        }
        Work::Service(client) => {
            let request = client.request(Method::POST, &["credentials", id, "withdraw"]);
            client.ask(request, &Named::Credential(id))?;
        }
    }
    say!("凭据已撤销 · credential withdrawn: {id}");
    Ok(())
}
