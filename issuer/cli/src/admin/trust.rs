//! The trust list, signed by the root key on the offline machine.

use std::path::PathBuf;
use std::process::ExitCode;

use szid_issuer::keys::status_prefix;
use szid_protocol::day::DAY;
use szid_protocol::trust::{Purpose, TrustList, TrustedKey};

use super::keys::read_signer;
use super::public_keys::{ListedKey, PublicKeys};
use crate::{Failure, system, write_file};

/// Keys count from a little before the list is made, for clocks that are behind.
const MARGIN: u64 = 300;

/// Sign the trust list with the root key, on the machine that is never online.
///
/// While keys are being replaced, public-keys.json names old and new ones, and the list does too. Give several --keys files
/// for several services.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The root key.
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// A service's public-keys.json.
    #[arg(long, value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
    /// Leave out keys that were replaced: after a theft. What they signed is refused from then on.
    #[arg(long)]
    without_previous: bool,
    /// The service's base URL: status lists lie below it.
    #[arg(long, value_name = "URL")]
    base_url: String,
    /// Higher than that of every list before: verifiers refuse a lower one for ever.
    #[arg(long, value_name = "NUMBER")]
    list_version: u64,
    /// How long the list is good.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    days: u64,
    /// How long the keys may sign.
    #[arg(long, value_name = "DAYS", default_value_t = 400)]
    key_days: u64,
    /// Where to write it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn make(args: &Args) -> Result<ExitCode, Failure> {
    if args.days == 0 || args.days > args.key_days {
        return Err(Failure::usage(
            "the list must be good for a day or more, and not longer than its keys",
        ));
    }
    let root = read_signer(&args.root)?;
    let now = system::now();
    let mut keys: Vec<TrustedKey> = Vec::new();
    for file in &args.keys {
        for ListedKey { name, key, until } in PublicKeys::read(file)?.listed(now)? {
            let purpose = name.purpose();
            let known = keys.iter().any(|one| one.key == key && one.purpose == purpose);
            if known || (until.is_some() && args.without_previous) {
                continue;
            }
            keys.push(TrustedKey {
                key,
                purpose,
                from: now - MARGIN,
                to: until.unwrap_or(now + args.key_days * DAY),
                status_prefix: (purpose == Purpose::Pass).then(|| status_prefix(&args.base_url)),
            });
        }
    }
    let list = TrustList { version: args.list_version, iat: now, exp: now + args.days * DAY, keys };
    write_file(&args.out, list.sign(&root).map_err(Failure::usage)?)?;
    println!(
        "信任清单已签发，有效 {} 天 · trust list signed, good for {} days: {}",
        args.days,
        args.days,
        args.out.display()
    );
    Ok(ExitCode::SUCCESS)
}
