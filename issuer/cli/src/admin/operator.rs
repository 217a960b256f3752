//! Credentials of the people who look after a venue.

use std::process::ExitCode;

use clap::ValueEnum;
use szid_issuer::administration::{BearerView, Role};
use szid_issuer::store::OperatorRole;

use super::credentials::give_or_withdraw;
use super::target::Target;
use crate::Failure;

/// Make a credential for an operator of a venue: for the page at /operator/.
///
/// On a running service it waits for a second administrator, who is shown the secret.
/// A new credential for a device takes two managers of the venue: give each person a credential of their own.
/// The secret is shown once and kept only as a hash.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(flatten)]
    target: Target,
    /// The venue's id.
    #[arg(long, value_name = "ID")]
    venue: String,
    /// Who: two credentials of one name are one person.
    #[arg(long)]
    name: String,
    /// What they may do.
    #[arg(long)]
    role: RoleArg,
    /// Withdraw the one whose secret is in the environment variable SZID_SECRET.
    #[arg(long)]
    withdraw: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleArg {
    /// Reads and exports.
    Viewer,
    /// Also asks for credentials, confirms and withdraws.
    Manager,
}

pub(super) fn credential(args: &Args) -> Result<ExitCode, Failure> {
    let duty = match args.role {
        RoleArg::Viewer => OperatorRole::Viewer,
        RoleArg::Manager => OperatorRole::Manager,
    };
    let bearer = BearerView {
        role: Role::Operator,
        venue: Some(args.venue.clone()),
        name: args.name.clone(),
        duty: Some(duty),
    };
    give_or_withdraw(&args.target, bearer, args.withdraw)
}
