//! `szid admin`: keys, trust list, venues, credentials, audit.

mod audit;
mod clock;
mod found;
mod key_name;
mod keys;
mod keys_mode;
mod operator;
mod public_keys;
mod register;
mod register_key;
mod restored;
mod rotation;
mod sites;
mod trust;

use std::process::ExitCode;

use clap::Subcommand;

use crate::Failure;
pub(crate) use keys::{read_master_key, read_service_keys};
pub(crate) use keys_mode::check_keys_mode;

/// Set up a service and look after it: keys, trust list, venues, credentials, audit.
///
/// The root key is made and used on a machine that is never online; only public files travel between the two.
///
///   offline   szid admin root --out safe
///   service   szid admin keys --out keys
///   offline   szid admin trust --root safe/root.pem --keys public-keys.json --base-url https://id.example.cn \
///                 --list-version 1 --out trust-list.cbor
///   service   szid admin found --data data --keys keys --mode production
///             szid admin venue --data data --id library --name 图书馆 --uscc 12440399EXAMPLEB3N --scene 2
///             szid admin credential --data data --venue library --device desk-1
///             szid admin site --data data --venue library --id nanshan --name 南山分馆
///             szid admin device --data data --venue library --device desk-1 --site nanshan
///             szid admin credential --data data --registrar counter-1
///             szid admin operator --data data --venue library --name li --role manager
///             szid admin gate --data data --venue park --device gate-1 --key gate-1.spki
///             szid serve --config szid.toml
///
/// found, register-key, venue, site, device, credential, operator, gate, audit and restored work on the register's files: stop
/// the service first. Where szid.toml names another witness than the folder beside the data folder, set SZID_WITNESS to it.
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
    Found(found::Args),
    Venue(register::VenueArgs),
    Site(sites::SiteArgs),
    Device(sites::DeviceArgs),
    Credential(register::CredentialArgs),
    Operator(operator::Args),
    Gate(register::GateArgs),
    Audit(audit::Args),
    Restored(restored::Args),
    Clock(clock::Args),
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Root(args) => keys::make_root(args),
        Command::Keys(args) => keys::service_keys(args),
        Command::RegisterKey(args) => register_key::run(args),
        Command::Trust(args) => trust::make(args),
        Command::Found(args) => found::found(args),
        Command::Venue(args) => register::put_venue(args),
        Command::Site(args) => sites::put_site(args),
        Command::Device(args) => sites::put_device(args),
        Command::Credential(args) => register::credential(args),
        Command::Operator(args) => operator::credential(args),
        Command::Gate(args) => register::gate(args),
        Command::Audit(args) => audit::audit(args),
        Command::Restored(args) => restored::restored(args),
        Command::Clock(args) => clock::clock(args),
    }
}
