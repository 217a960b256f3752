//! Whether a service's clock may be believed, and the operator's word that it is right.

use std::path::Path;
use std::process::ExitCode;

use reqwest::Method;
use serde_json::{Value, json};

use super::client::Named;
use super::register::{with_any_store, with_store};
use super::target::{Target, Work};
use crate::{Failure, system};

/// Tell whether a service believes its machine's clock, as one JSON object, or say that the clock is right.
///
/// A clock that jumped, or that is implausible at a start, is the condition CLOCK_STEPPED: everything is served, and nothing is
/// forgotten. Compare the clock with another one first. If it is wrong, set it: the condition ends by itself where it is back
/// where it should be. If it is right, confirm it; the audit keeps who did.
///
/// A service that runs is asked over the socket in its data folder, with an administrator's credential in SZID_CREDENTIAL.
/// Of one that is stopped, the register is told.
///
/// Example:
///   SZID_CREDENTIAL=... szid admin clock --data data
///   SZID_CREDENTIAL=... szid admin clock --data data --confirm
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(flatten)]
    target: Target,
    /// Say that the clock is right as it is.
    #[arg(long)]
    confirm: bool,
}

pub(super) fn clock(args: &Args) -> Result<ExitCode, Failure> {
    let told = match args.target.open_either()? {
        Work::Service(client) if args.confirm => {
            client.ask(client.request(Method::POST, &["clock", "confirm"]), &Named::Nothing)?
        }
        Work::Service(client) => {
            client.ask(client.request(Method::GET, &["clock"]), &Named::Nothing)?
        }
        Work::Files(data) if args.confirm => confirm_in_register(data)?,
        Work::Files(data) => {
            let last = with_any_store(data, async |store| store.checked_time().await)?;
            json!({ "time": system::now(), "last_checked": last })
        }
    };
    println!("{told}");
    Ok(ExitCode::SUCCESS)
}

/// The word for a service that is stopped: the clock is plausible at its next start.
fn confirm_in_register(data: &Path) -> Result<Value, Failure> {
    with_store(data, async |store| {
        let now = system::now();
        // Where it should be nobody can say while no service runs.
        store.confirm_time("szid admin".into(), 0, now).await?;
        Ok(json!({ "time": now, "last_checked": now }))
    })
}
