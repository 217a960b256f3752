//! Credentials: made, listed without their secrets, withdrawn by their names.

use std::process::ExitCode;

use clap::ArgGroup;
use data_encoding::BASE64URL_NOPAD;
use reqwest::Method;
use sha2::{Digest, Sha256};
use szid_issuer::administration::{BearerView, CredentialView, Role};
use szid_issuer::entropy::SystemEntropy;
use szid_issuer::store::{
    AdminChange, Bearer, CredentialId, CredentialScope, StoreError, credential_id, draw_secret,
};

use super::client::Client;
use super::register::{change, with_any_store, with_store};
use super::target::{Target, Work};
use crate::Failure;

/// Make a bearer credential. The secret is shown once and kept only as a hash.
///
/// On a running service it waits for a second administrator, who is shown the secret.
/// The first two administrators are made while the service is stopped.
#[derive(clap::Args)]
#[command(verbatim_doc_comment, group(ArgGroup::new("whose").required(true)
    .args(["venue", "registrar", "administrator"])))]
pub(super) struct CredentialArgs {
    #[command(flatten)]
    target: Target,
    /// For a device of this venue.
    #[arg(long, value_name = "ID", requires = "device")]
    venue: Option<String>,
    /// The device, such as desk-1.
    #[arg(long, value_name = "NAME", requires = "venue")]
    device: Option<String>,
    /// For this registrar.
    #[arg(long, value_name = "ID")]
    registrar: Option<String>,
    /// For this administrator of the running service: two credentials of one name are one person.
    #[arg(long, value_name = "NAME")]
    administrator: Option<String>,
    /// Withdraw the one whose secret is in the environment variable SZID_SECRET; by its id: see `szid admin withdraw`.
    #[arg(long)]
    withdraw: bool,
}

/// List credentials, one JSON object a line: ids, whose they are, when and by whom they were made, good or withdrawn.
#[derive(clap::Args)]
#[command(group(ArgGroup::new("scope").required(true)
    .args(["venue", "operators", "registrars", "administrators"])))]
pub(super) struct ListArgs {
    #[command(flatten)]
    target: Target,
    /// Those of this venue's devices and operators.
    #[arg(long, value_name = "ID")]
    venue: Option<String>,
    /// Those of the operators of all venues.
    #[arg(long)]
    operators: bool,
    /// Those of the registrars.
    #[arg(long)]
    registrars: bool,
    /// Those of the administrators.
    #[arg(long)]
    administrators: bool,
}

/// Withdraw a credential by its id, at once and for good. No secret is needed; sessions end with it.
#[derive(clap::Args)]
pub(super) struct WithdrawArgs {
    #[command(flatten)]
    target: Target,
    /// As `szid admin credentials` lists it.
    #[arg(long, allow_hyphen_values = true)]
    id: String,
}

pub(super) fn credential(args: &CredentialArgs) -> Result<ExitCode, Failure> {
    let (role, name) = match (&args.device, &args.registrar, &args.administrator) {
        (Some(device), ..) => (Role::Device, device),
        (_, Some(registrar), _) => (Role::Registrar, registrar),
        (.., Some(administrator)) => (Role::Administrator, administrator),
        _ => return Err(Failure::usage("name a device, a registrar or an administrator")),
    };
    let bearer = BearerView { role, venue: args.venue.clone(), name: name.clone(), duty: None };
    give_or_withdraw(&args.target, bearer, args.withdraw)
}

/// Makes a credential and shows its secret, or withdraws the one whose secret is in the environment.
pub(super) fn give_or_withdraw(
    target: &Target,
    view: BearerView,
    withdrawn: bool,
) -> Result<ExitCode, Failure> {
    let bearer = Bearer::try_from(view.clone()).map_err(Failure::usage)?;
    match (target.open()?, withdrawn) {
        (Work::Files(data), true) => {
            let secret = std::env::var("SZID_SECRET")
                .map_err(|_| Failure::usage("SZID_SECRET is not set"))?;
            let hash = Sha256::digest(&secret).into();
            with_store(data, async |store| {
                let found = store.credential(hash).await?.filter(|found| found.bearer == bearer);
                found.ok_or(StoreError::NotFound)?;
                change(store, AdminChange::Withdraw(credential_id(&hash))).await
            })?;
            told_withdrawn();
            Ok(ExitCode::SUCCESS)
        }
        (Work::Files(data), false) => {
            let secret = draw_secret(&SystemEntropy).map_err(Failure::failed)?;
            let hash = Sha256::digest(&secret).into();
            with_store(data, async |store| {
                change(store, AdminChange::Credential { hash, bearer }).await
            })?;
            show(&secret);
            Ok(ExitCode::SUCCESS)
        }
        (Work::Service(_), true) => {
            Err(Failure::usage("a running service withdraws by id: szid admin withdraw --id ID"))
        }
        (Work::Service(client), false) => {
            let request = client.request(Method::POST, &["credentials"]).json(&view);
            Ok(client.send(request)?.print(|_| ()))
        }
    }
}

/// Shows a secret: alone on standard output.
pub(super) fn show(secret: &str) {
    eprintln!("此凭据只显示一次 · this secret is shown once:");
    println!("{secret}");
}

fn told_withdrawn() {
    println!("凭据已撤销 · credential withdrawn");
}

pub(super) fn withdraw(args: &WithdrawArgs) -> Result<ExitCode, Failure> {
    let decoded = BASE64URL_NOPAD.decode(args.id.as_bytes()).ok();
    let id: CredentialId = decoded.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        Failure::usage("an id is 22 characters, as szid admin credentials lists it")
    })?;
    match args.target.open()? {
        Work::Files(data) => {
            with_store(data, async |store| change(store, AdminChange::Withdraw(id)).await)?;
        }
        Work::Service(client) => {
            client.ask(client.request(Method::POST, &["credentials", &args.id, "withdraw"]))?;
        }
    }
    told_withdrawn();
    Ok(ExitCode::SUCCESS)
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
    let scope = args.scope();
    match args.target.open()? {
        Work::Files(data) => {
            let found = with_any_store(data, async |store| {
                store.credentials(scope, None, usize::MAX).await
            })?;
            for one in found {
                let line = serde_json::to_string(&CredentialView::from(one));
                println!("{}", line.map_err(Failure::failed)?);
            }
        }
        Work::Service(client) => list_pages(&client, &scope)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list_pages(client: &Client, scope: &CredentialScope) -> Result<(), Failure> {
    let asked = match scope {
        CredentialScope::Venue(venue) => ("venue", venue.as_str()),
        CredentialScope::Operators => ("role", "operator"),
        CredentialScope::Registrars => ("role", "registrar"),
        CredentialScope::Administrators => ("role", "administrator"),
    };
    let mut after: Option<String> = None;
    loop {
        let after_pair = after.as_deref().map(|after| ("after", after));
        let query: Vec<_> = std::iter::once(asked).chain(after_pair).collect();
        let page = client.ask(client.request(Method::GET, &["credentials"]).query(&query))?;
        page["credentials"].as_array().into_iter().flatten().for_each(|one| println!("{one}"));
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => return Ok(()),
        }
    }
}
