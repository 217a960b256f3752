//! After the data folder was put back from a copy.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;
use szid_issuer::entropy::SystemEntropy;
use szid_issuer::keys::FileSigner;
use szid_issuer::store::{Finding, Restored};
use szid_issuer::witness::{Outside, restore};
use szid_protocol::crypto::Signer;
use szid_protocol::trust::{TrustList, VerifiedTrustList};
use szid_verifier::AwsLcBackend;

use super::keys::read_service_keys;
use super::register::{with_opened, witness_of};
use crate::{Failure, read_file, system};

/// Put the register in order after its data folder was put back from a copy.
///
/// What came after the copy is not in it. This command records the gap in the audit, raises the register's epoch, so that no
/// index of a pass is given twice, freezes again whom the published status lists name, takes every code of before now as used,
/// closes offers and requests that waited, and says who has to be looked at. Wallets fetch new passes by themselves; only those
/// whose tokens the copy does not know need a new offer. Credentials that were withdrawn after the copy are good again: withdraw
/// them. Lists lie in the witness; more of them, from gates or a cache, can be given. Leave the witness as it is.
///
/// Example:
///   szid admin restored --data data --keys keys
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The service's data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The folder of the service's keys, by which published documents are verified.
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// The highest epoch that is known, where there is neither a witness nor a published head.
    #[arg(long, value_name = "NUMBER")]
    epoch: Option<u32>,
    /// The newest signed audit head that was published (GET /v1/audit/head).
    #[arg(long, value_name = "FILE")]
    published: Option<PathBuf>,
    /// A status list that was published; give it once for each.
    #[arg(long = "list", value_name = "FILE")]
    lists: Vec<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// A trust list for this process alone, of the service's own keys: whether they are still listed does not count here.
fn trust_in(keys: &Path) -> Result<VerifiedTrustList, Failure> {
    let root = FileSigner::throw_away(&SystemEntropy).map_err(Failure::failed)?;
    let keys = read_service_keys(keys)?.trusted("https://localhost", 0, u64::MAX);
    let list = TrustList { version: 1, iat: 0, exp: u64::MAX, keys };
    let list = list.sign(&root).map_err(Failure::failed)?;
    VerifiedTrustList::verify(&list, &[root.public_key()], &AwsLcBackend).map_err(Failure::failed)
}

pub(super) fn restored(args: &Args) -> Result<ExitCode, Failure> {
    let trust = trust_in(&args.keys)?;
    let outside = Outside {
        trust: &trust,
        epoch: args.epoch,
        head: args.published.as_deref().map(read_file).transpose()?,
        lists: args.lists.iter().map(|path| read_file(path)).collect::<Result<_, _>>()?,
    };
    let witness = witness_of(&args.data);
    let restored = with_opened(&args.data, async |store| {
        restore(store, &witness, outside, system::now()).await.map_err(Failure::failed)
    })?;
    if args.json {
        print_json(&restored)
    } else {
        print(&restored)
    }
    Ok(ExitCode::SUCCESS)
}

fn print_json(restored: &Restored) {
    let persons = restored.persons.iter();
    let persons: Vec<_> =
        persons.map(|(person, finding)| json!({ "person": person, "finding": finding })).collect();
    println!(
        "{}",
        json!({ "epoch": restored.epoch, "found": restored.found.to_string(), "persons": persons,
            "unknown_passes": restored.unknown_passes, "closed": restored.closed })
    );
}

fn print(restored: &Restored) {
    println!("登记库已整理，代数 {0} · register put in order, epoch {0}", restored.epoch);
    println!("副本止于审计条目 {0} · the copy ended with audit entry {0}", restored.found.number);
    for (person, finding) in &restored.persons {
        let (zh, en) = match finding {
            Finding::Revoked => ("副本之后已注销，现已冻结", "revoked after the copy: frozen now"),
            Finding::Suspended => {
                ("副本之后已冻结，现再次冻结", "frozen after the copy: frozen again")
            }
            Finding::Released => {
                ("副本之后已解冻，现仍冻结", "released after the copy: still not active")
            }
        };
        println!("请核查 · look at {person}: {zh} · {en}");
    }
    if restored.unknown_passes > 0 {
        println!(
            "副本之后签发的 {0} 张凭证仍列为停用 · {0} passes that were issued after the copy stay suspended",
            restored.unknown_passes
        );
    }
    println!("副本之后登记的人须重新登记 · who was enrolled after the copy must be enrolled again");
    println!(
        "副本之后撤销的凭据须再次撤销 · credentials that were withdrawn after the copy must be withdrawn again"
    );
}
