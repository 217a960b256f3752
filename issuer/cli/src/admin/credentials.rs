//! Credentials: made, and listed without their secrets.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ArgGroup;
use data_encoding::BASE64URL_NOPAD;
use reqwest::Method;
use serde_json::Value;
use sha2::{Digest, Sha256};
use szid_issuer::administration::{BearerView, CredentialView, Role};
use szid_issuer::commands::CommandFault;
use szid_register::entropy::SystemEntropy;
use szid_register::{
    AdminChange, Bearer, CredentialId, CredentialScope, StoreError, credential_id, draw_secret,
    look_the_same,
};

use super::client::{Client, Named};
use super::picture::Outlet;
use super::register::{change, no_place, with_any_store, with_store};
use super::shown;
use super::target::{Target, Work};
use crate::Failure;

/// 发放凭据；只显示一次，服务只保存其摘要 · Make a bearer credential. The secret is shown once and kept only as a hash
///
/// 在运行中的服务上须由另一位管理员确认，凭据显示给确认人。
/// 最初的两位管理员在服务停止时发放。
///
/// On a running service it waits for a second administrator, who is shown the secret.
/// The first two administrators are made while the service is stopped.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, group(ArgGroup::new("whose").required(true)
    .args(["venue", "registrar", "administrator"])))]
pub(super) struct CredentialArgs {
    #[command(flatten)]
    target: Target,
    /// 发给此场所的设备 · For a device of this venue.
    #[arg(long, value_name = "ID", requires = "device")]
    venue: Option<String>,
    /// 设备标签，如 desk-1 · The device, such as desk-1.
    #[arg(long, value_name = "NAME", requires = "venue")]
    device: Option<String>,
    /// 发给此登记员 · For this registrar.
    #[arg(long, value_name = "ID")]
    registrar: Option<String>,
    /// 发给此管理员；同名的两份凭据视为同一人 · For this administrator of the running service: two credentials of one name are
    /// one person.
    #[arg(long, value_name = "NAME")]
    administrator: Option<String>,
    /// 撤销环境变量 SZID_SECRET 中的那份凭据；按编号撤销见 `szid admin withdraw` · Withdraw the one whose secret is in the
    /// environment variable SZID_SECRET; by its id: see `szid admin withdraw`.
    #[arg(long)]
    withdraw: bool,
    /// 将凭据画成二维码存入此新文件（仅本人可读），不再显示；窗口扫码即可登录核验台 · Draw the secret as a QR code in this new file,
    /// which only its owner reads, in place of showing it: a desk scans it to sign in.
    #[arg(long, value_name = "FILE", conflicts_with = "withdraw")]
    png: Option<PathBuf>,
}

/// 列出凭据，每行一个 JSON 对象：编号、持有人、发放时间和发放人、有效或已撤销 · List credentials, one JSON object a line: ids, whose they are,
/// when and by whom they were made, good or withdrawn.
#[derive(clap::Args)]
#[command(group(ArgGroup::new("scope").required(true)
    .args(["venue", "operators", "registrars", "administrators"])))]
pub(super) struct ListArgs {
    #[command(flatten)]
    target: Target,
    /// 此场所的设备和管理人员的 · Those of this venue's devices and operators.
    #[arg(long, value_name = "ID")]
    venue: Option<String>,
    /// 所有场所管理人员的 · Those of the operators of all venues.
    #[arg(long)]
    operators: bool,
    /// 登记员的 · Those of the registrars.
    #[arg(long)]
    registrars: bool,
    /// 管理员的 · Those of the administrators.
    #[arg(long)]
    administrators: bool,
}

pub(super) fn credential(args: &CredentialArgs) -> Result<ExitCode, Failure> {
    let (role, name) = match (&args.device, &args.registrar, &args.administrator) {
        (Some(device), ..) => (Role::Device, device),
        (_, Some(registrar), _) => (Role::Registrar, registrar),
        (.., Some(administrator)) => (Role::Administrator, administrator),
        _ => {
            return Err(Failure::usage(
                "请指明设备、登记员或管理员",
                "name a device, a registrar or an administrator",
            ));
        }
    };
    let bearer = BearerView { role, venue: args.venue.clone(), name: name.clone(), duty: None };
    give_or_withdraw(&args.target, bearer, args.withdraw, args.png.as_deref())
}

/// Makes a credential and shows its secret, or withdraws the one whose secret is in the environment.
pub(super) fn give_or_withdraw(
    target: &Target,
    view: BearerView,
    withdrawn: bool,
    png: Option<&Path>,
) -> Result<ExitCode, Failure> {
    let bearer =
        Bearer::try_from(view.clone()).map_err(|fault| Failure::usage(fault.zh(), fault))?;
    match (target.open()?, withdrawn) {
        (Work::Files(data), true) => {
            let secret = std::env::var("SZID_SECRET")
                .map_err(|_| Failure::usage("未设置 SZID_SECRET", "SZID_SECRET is not set"))?;
            let hash = Sha256::digest(&secret).into();
            with_store(data, async |store| {
                let found = store.credential(hash).await?.filter(|found| found.bearer == bearer);
                found.ok_or(StoreError::NotFound)?;
                change(store, AdminChange::Withdraw(credential_id(&hash))).await
            })
            .map_err(|failure| match failure.is(StoreError::NotFound.code()) {
                true => Failure::of(&CommandFault::NoneOfName(view.name.clone())),
                false => failure,
            })?;
            say!("凭据已撤销 · credential withdrawn: {}", view.name);
            Ok(ExitCode::SUCCESS)
        }
        (Work::Files(data), false) => {
            if matches!(bearer, Bearer::Administrator { .. }) {
                check_first(data)?;
            }
            let outlet = Outlet::open(png)?;
            let secret = draw_secret(&SystemEntropy).map_err(Failure::system)?;
            let hash = Sha256::digest(&secret).into();
            with_store(data, async |store| {
                change(store, AdminChange::Credential { hash, bearer }).await
            })
            .map_err(|failure| no_place(failure, view.venue.as_deref().unwrap_or_default()))?;
            outlet.show(&secret, &shown::credential_name(&credential_id(&hash)))
        }
        (Work::Service(_), true) => Err(Failure::usage(
            "运行中的服务按编号撤销：szid admin withdraw --id 编号",
            "a running service withdraws by id: szid admin withdraw --id ID",
        )),
        (Work::Service(_), false) if png.is_some() => Err(Failure::usage(
            "运行中的服务须由另一位管理员确认，图片由其保存：szid admin confirm 编号 --png 文件",
            "on a running service whoever confirms it gets the picture: szid admin confirm ID --png FILE",
        )),
        (Work::Service(client), false) => {
            let request = client.request(Method::POST, &["credentials"]).json(&view);
            let named = view.venue.as_deref().map_or(Named::Nothing, Named::Place);
            Ok(client.send(request, &named)?.print(|_| ()))
        }
    }
}

/// On the files alone the first two administrators are made; whoever would be a third needs two others, or the register's key.
fn check_first(data: &Path) -> Result<(), Failure> {
    let known = listed(&Work::Files(data), &CredentialScope::Administrators)?;
    let names = known.iter().filter_map(|one| one["bearer"]["name"].as_str());
    match count_persons(names) {
        0 | 1 => Ok(()),
        _ => Err(Failure::of(&CommandFault::AdministratorsMade)),
    }
}

/// How many persons these names are, by the same rule as where one of them confirms what another one asked for.
pub(super) fn count_persons<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    let mut persons = Vec::<&str>::new();
    for name in names {
        if !persons.iter().any(|known| look_the_same(known, name)) {
            persons.push(name);
        }
    }
    persons.len()
}

/// An id as the lists give it: 22 characters that are 16 bytes.
pub(super) fn read_id(text: &str) -> Result<&str, Failure> {
    decode_id(text).map(|_| text)
}

pub(super) fn decode_id(text: &str) -> Result<CredentialId, Failure> {
    let decoded = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
    let id = decoded.and_then(|bytes| bytes.try_into().ok());
    id.ok_or_else(|| Failure::of(&CommandFault::Id(text.into())))
}

impl ListArgs {
    fn scope(&self) -> CredentialScope {
        match &self.venue {
            Some(venue) => CredentialScope::Venue(venue.clone()),
            None if self.operators => CredentialScope::Operators,
            None if self.registrars => CredentialScope::Registrars,
            None => CredentialScope::Administrators,
        }
    }
}

pub(super) fn list(args: &ListArgs) -> Result<ExitCode, Failure> {
    for mut one in listed(&args.target.open()?, &args.scope())? {
        if let Some(at) = one["made_at"].as_u64() {
            one["made"] = shown::time(at).into();
        }
        say!("{one}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The credentials of a scope, as the service lists them.
pub(super) fn listed(work: &Work, scope: &CredentialScope) -> Result<Vec<Value>, Failure> {
    match work {
        Work::Files(data) => {
            let found = with_any_store(data, async |store| {
                if let CredentialScope::Venue(venue) = scope {
                    store.venue(venue).await?.ok_or(StoreError::NotFound)?;
                }
                store.credentials(scope.clone(), None, usize::MAX).await
            });
            let found = match scope {
                CredentialScope::Venue(venue) => {
                    found.map_err(|failure| no_place(failure, venue))?
                }
                _ => found?,
            };
            let views = found.into_iter().map(CredentialView::from);
            views.map(|view| serde_json::to_value(view).map_err(Failure::system)).collect()
        }
        Work::Service(client) => pages(client, scope),
    }
}

pub(super) fn pages(client: &Client, scope: &CredentialScope) -> Result<Vec<Value>, Failure> {
    let asked = match scope {
        CredentialScope::Venue(venue) => ("venue", venue.as_str()),
        CredentialScope::Operators => ("role", "operator"),
        CredentialScope::Registrars => ("role", "registrar"),
        CredentialScope::Administrators => ("role", "administrator"),
    };
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let after_pair = after.as_deref().map(|after| ("after", after));
        let query: Vec<_> = std::iter::once(asked).chain(after_pair).collect();
        let request = client.request(Method::GET, &["credentials"]).query(&query);
        let named = match scope {
            CredentialScope::Venue(venue) => Named::Place(venue),
            _ => Named::Nothing,
        };
        let page = client.ask(request, &named)?;
        found.extend(page["credentials"].as_array().into_iter().flatten().cloned());
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => return Ok(found),
        }
    }
}
