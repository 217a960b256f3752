//! Withdrawing credentials: one by its id, or those of a name.

use std::process::ExitCode;

use clap::ArgGroup;
use reqwest::Method;
use serde_json::Value;
use szid_issuer::commands::CommandFault;
use szid_register::{AdminChange, CredentialScope, StoreError};

use super::client::Named;
use super::credentials::{count_persons, decode_id, listed};
use super::register::{change, with_store};
use super::target::{Running, Target, Work};
use crate::Failure;

/// 撤销凭据，立即生效，不可恢复 · Withdraw a credential, at once and for good. Sessions end with it
///
/// 会话随之结束；无需出示凭据本身。一日内已单独撤销另一位管理员的，或一小时内已撤销50份的，此后的撤销待第二位管理员确认（退出码3）。按 `szid admin credentials` 列出的编号，或按持有人撤销。同名有多份有效凭据时不撤销任何一份，只列出；
/// --all 全部撤销，适用于人员离岗。
///
/// No secret is needed. Whoever has withdrawn another administrator alone within the day, or 50 credentials within the hour, waits for a second
/// administrator with any other one (exit code 3). By its id, as `szid admin credentials` lists it, or by whose it is. A name that has several good credentials withdraws
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
    // Asked before: whoever withdraws their own is told nothing after.
    let administrators = listed(&work, &CredentialScope::Administrators).unwrap_or_default();
    match (id, args.whose()) {
        (Some(id), _) => {
            let ended = withdraw_one(&work, id)?;
            hint_of_last(&administrators, ended, &[id]);
            Ok(ended)
        }
        (None, Some(whose)) => {
            let found = good_of_name(&work, &whose)?;
            if found.len() > 1 && !args.all {
                // What to choose from, where a list of credentials always goes.
                found.iter().for_each(|one| say!("{one}"));
                let (name, count) = (whose.name.to_owned(), found.len());
                return Err(Failure::of(&CommandFault::Ambiguous { name, count }));
            }
            // One that waits keeps no other from being withdrawn; the exit code tells of it.
            let mut ended = ExitCode::SUCCESS;
            for one in &found {
                let code = withdraw_one(&work, one["credential"].as_str().unwrap_or_default())?;
                if code != ExitCode::SUCCESS {
                    ended = code;
                }
            }
            let ids: Vec<_> = found.iter().filter_map(|one| one["credential"].as_str()).collect();
            hint_of_last(&administrators, ended, &ids);
            Ok(ended)
        }
        (None, None) => Err(Failure::of(&CommandFault::Id(String::new()))),
    }
}

/// Says that one administrator is left, where these were the others' credentials: nothing that takes two is done any more.
fn hint_of_last(administrators: &[Value], ended: ExitCode, withdrawn: &[&str]) {
    let good = |one: &&Value| one["state"] == "good";
    let is_withdrawn =
        |one: &Value| one["credential"].as_str().is_some_and(|id| withdrawn.contains(&id));
    let (gone, left): (Vec<_>, Vec<_>) =
        administrators.iter().filter(good).partition(|one| is_withdrawn(one));
    let names = left.iter().filter_map(|one| one["bearer"]["name"].as_str());
    if ended == ExitCode::SUCCESS && !gone.is_empty() && count_persons(names) == 1 {
        hint!(
            "注意：只剩一位管理员，须两人办理的事项均无法确认；停止服务后可用 szid admin recover --new 增加一位 · \
             note: only one administrator is left, and nothing that takes two can be confirmed; stop the service and make another one with \
             szid admin recover --new"
        );
    }
}

/// 撤销单独撤销了本人凭据的那位管理员 · Withdraw the administrator who alone has withdrawn your own credential
///
/// 本人凭据（SZID_CREDENTIAL）被另一位管理员单独撤销、尚无第二人确认的，24小时内可办理一次。对方确实应当撤销本人凭据的，不要办理。
///
/// With the withdrawn credential in SZID_CREDENTIAL: once, within 24 hours, until a second administrator has confirmed its withdrawal. Do not
/// do it where your credential was rightly withdrawn.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ContestArgs {
    #[command(flatten)]
    running: Running,
}

pub(super) fn contest(args: &ContestArgs) -> Result<ExitCode, Failure> {
    let client = args.running.open()?;
    let done = client.ask(client.request(Method::POST, &["contest"]), &Named::Nothing)?;
    for one in done["credentials"].as_array().into_iter().flatten() {
        let id = one["credential"].as_str().unwrap_or_default();
        say!("凭据已撤销 · credential withdrawn: {id}");
    }
    // Whoever contests has no good credential: nothing more is asked of the service.
    hint!(
        "双方的凭据此后均无效：尚有另外两位管理员的，由其为应当复职的一位重新发放；一位也没有的（ADMINISTRATOR_NONE），停止服务后用 \
         szid admin recover · neither of the two credentials is good now: where two other administrators are left, they make a new one for \
         whoever goes on; where there is none (ADMINISTRATOR_NONE), stop the service and use szid admin recover, for somebody new with --new"
    );
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

fn withdraw_one(work: &Work, id: &str) -> Result<ExitCode, Failure> {
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
            let told = client.send(request, &Named::Credential(id))?;
            return Ok(told.print(|view| {
                say!("凭据已撤销 · credential withdrawn: {id}");
                if view["withdrawn_alone_by"].is_string() {
                    hint!(
                        "须由另一位管理员在24小时内确认（szid admin requests、confirm）；此前对方可质疑并撤销您的凭据 · \
                         a second administrator confirms it within 24 hours (szid admin requests, confirm); until then its \
                         owner may contest it and withdraw yours"
                    );
                }
            }));
        }
    }
    say!("凭据已撤销 · credential withdrawn: {id}");
    Ok(ExitCode::SUCCESS)
}
