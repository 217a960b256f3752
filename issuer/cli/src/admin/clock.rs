//! Whether a service's clock may be believed, and the operator's word that it is right.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::register::{with_any_store, with_store};
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
    /// The service's data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Say that the clock is right as it is.
    #[arg(long)]
    confirm: bool,
}

pub(super) fn clock(args: &Args) -> Result<ExitCode, Failure> {
    let socket = args.data.join("admin.sock");
    let told = if is_served(&socket) {
        ask_service(&socket, args.confirm)?
    } else if args.confirm {
        confirm_in_register(&args.data)?
    } else {
        let last = with_any_store(&args.data, async |store| store.checked_time().await)?;
        json!({ "time": system::now(), "last_checked": last })
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

#[cfg(unix)]
fn is_served(socket: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(socket).is_ok()
}

#[cfg(not(unix))]
fn is_served(_: &Path) -> bool {
    false
}

#[cfg(unix)]
fn ask_service(socket: &Path, confirm: bool) -> Result<Value, Failure> {
    let credential = std::env::var("SZID_CREDENTIAL")
        .map_err(|_| Failure::usage("SZID_CREDENTIAL is not set: an administrator's credential"))?;
    let client = reqwest::Client::builder().unix_socket(socket).build().map_err(Failure::failed)?;
    let request = match confirm {
        true => client.post("http://localhost/v1/admin/clock/confirm"),
        false => client.get("http://localhost/v1/admin/clock"),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let asked = runtime.map_err(Failure::failed)?.block_on(async {
        let answer = request.bearer_auth(credential).send().await?;
        let status = answer.status();
        Ok::<_, reqwest::Error>((status, answer.json::<Value>().await?))
    });
    let (status, body) = asked.map_err(Failure::failed)?;
    if status.is_success() {
        return Ok(body);
    }
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    Err(Failure::failed(format_args!("{} {}", text("code"), text("detail"))))
}

#[cfg(not(unix))]
fn ask_service(_: &Path, _: bool) -> Result<Value, Failure> {
    Err(Failure::usage("there are no local sockets on this system"))
}
