//! Credentials of the people who look after a venue.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use szid_issuer::store::{Bearer, OperatorRole};

use super::register::give_or_withdraw;
use crate::Failure;

/// The longest name, bytes: it stands in the audit and on the page.
const MAX_NAME: usize = 64;

/// Make a credential for an operator of a venue, or withdraw one: for the page at /operator/.
///
/// A new credential for a device takes two managers of the venue: give each person a credential of their own.
/// The secret is shown once and kept only as a hash.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The service's data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The venue's id.
    #[arg(long, value_name = "ID")]
    venue: String,
    /// Who: two credentials of one name are one person.
    #[arg(long)]
    name: String,
    /// What they may do.
    #[arg(long)]
    role: Role,
    /// Withdraw the one whose secret is in the environment variable SZID_SECRET.
    #[arg(long)]
    withdraw: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Role {
    /// Reads and exports.
    Viewer,
    /// Also asks for credentials, confirms and withdraws.
    Manager,
}

pub(super) fn credential(args: &Args) -> Result<ExitCode, Failure> {
    let fits = !args.name.is_empty() && args.name.len() <= MAX_NAME;
    if !fits || args.name.trim() != args.name || args.name.chars().any(char::is_control) {
        return Err(Failure::usage("the name must be 1 to 64 bytes without control characters"));
    }
    let duty = match args.role {
        Role::Viewer => OperatorRole::Viewer,
        Role::Manager => OperatorRole::Manager,
    };
    let bearer = Bearer::Operator { venue: args.venue.clone(), name: args.name.clone(), duty };
    give_or_withdraw(&args.data, bearer, args.withdraw)
}
