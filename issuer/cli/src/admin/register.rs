//! Work on the register's files while the service is stopped.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sha2::{Digest, Sha256};
use szid_issuer::entropy::SystemEntropy;
use szid_issuer::identity::read_uscc;
use szid_issuer::store::embedded::EmbeddedStore;
use szid_issuer::store::{
    AdminChange, Author, Bearer, Store, StoreError, Venue, credential_id, make_credential,
};
use szid_issuer::witness::{Witness, WitnessError};

use crate::{Failure, read_public_key, system};

/// Register a venue, or change one.
#[derive(clap::Args)]
pub(super) struct VenueArgs {
    /// The service's data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// A short stable id: lower-case letters, digits and hyphens; at most 22.
    #[arg(long)]
    id: String,
    /// The venue's name.
    #[arg(long)]
    name: String,
    /// The unified social credit code of its organisation; both check digits are checked.
    #[arg(long)]
    uscc: String,
    /// A scene that it may scan for; give it once for each.
    #[arg(long = "scene", value_name = "NUMBER", required = true)]
    scenes: Vec<u16>,
    /// It must not scan for now.
    #[arg(long)]
    suspended: bool,
    /// An age that it may ask about, in years: "at least so old", yes or no; give it once for each.
    #[arg(long = "age", value_name = "YEARS")]
    ages: Vec<u8>,
}

/// Make a bearer credential, or withdraw one. The secret is shown once and kept only as a hash.
#[derive(clap::Args)]
pub(super) struct CredentialArgs {
    /// The service's data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// For a device of this venue.
    #[arg(
        long,
        value_name = "ID",
        requires = "device",
        conflicts_with = "registrar",
        required_unless_present = "registrar"
    )]
    venue: Option<String>,
    /// The device, such as desk-1.
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// For this registrar.
    #[arg(long, value_name = "ID")]
    registrar: Option<String>,
    /// Withdraw the one whose secret is in the environment variable SZID_SECRET.
    #[arg(long)]
    withdraw: bool,
}

/// Register the key with which a gate signs its receipts. A new key starts a new count of receipts.
#[derive(clap::Args)]
pub(super) struct GateArgs {
    /// The service's data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The venue's id.
    #[arg(long)]
    venue: String,
    /// The device's label, as in its credential.
    #[arg(long)]
    device: String,
    /// The public key that `szid gate --make-key` wrote, a DER SubjectPublicKeyInfo.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

pub(super) fn put_venue(args: &VenueArgs) -> Result<ExitCode, Failure> {
    check_id(&args.id)?;
    let uscc = read_uscc(&args.uscc).map_err(|fault| {
        Failure::usage(format_args!("统一社会信用代码有误 · {}: {fault}", args.uscc))
    })?;
    let venue = Venue {
        id: args.id.clone(),
        name: args.name.clone(),
        uscc,
        scenes: args.scenes.clone(),
        suspended: args.suspended,
        ages: args.ages.clone(),
    };
    with_store(&args.data, async |store| store.put_venue(venue, system::now()).await)?;
    println!("场所已登记 · venue registered: {}", args.id);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn check_id(id: &str) -> Result<(), Failure> {
    let is_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || id.len() > 22 || !id.bytes().all(is_id) {
        return Err(Failure::usage(
            "the id must be 1 to 22 lower-case letters, digits and hyphens",
        ));
    }
    Ok(())
}

pub(super) fn credential(args: &CredentialArgs) -> Result<ExitCode, Failure> {
    let bearer = match (&args.venue, &args.device, &args.registrar) {
        (Some(venue), Some(device), _) => {
            Bearer::Venue { venue: venue.clone(), device: device.clone() }
        }
        (_, _, Some(registrar)) => Bearer::Registrar { registrar: registrar.clone() },
        _ => return Err(Failure::usage("name a venue and a device, or a registrar")),
    };
    give_or_withdraw(&args.data, bearer, args.withdraw)
}

/// Makes a credential and shows its secret, or withdraws the one whose secret is in the environment.
pub(super) fn give_or_withdraw(
    data: &Path,
    bearer: Bearer,
    withdrawn: bool,
) -> Result<ExitCode, Failure> {
    if withdrawn {
        withdraw(data, bearer)?;
        println!("凭据已撤销 · credential withdrawn");
    } else {
        let secret = with_store(data, async |store| {
            check_venue(store, &bearer).await?;
            make_credential(store, bearer, &SystemEntropy, system::now()).await
        })?;
        eprintln!("此凭据只显示一次 · this secret is shown once:");
        println!("{secret}");
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn gate(args: &GateArgs) -> Result<ExitCode, Failure> {
    let key = read_public_key(&args.key)?.to_compressed();
    let bearer = Bearer::Venue { venue: args.venue.clone(), device: args.device.clone() };
    with_store(&args.data, async |store| {
        check_venue(store, &bearer).await?;
        store.put_gate(&args.venue, &args.device, key, system::now()).await
    })?;
    println!("闸机密钥已登记 · gate key registered: {}/{}", args.venue, args.device);
    Ok(ExitCode::SUCCESS)
}

fn withdraw(data: &Path, bearer: Bearer) -> Result<(), Failure> {
    let secret =
        std::env::var("SZID_SECRET").map_err(|_| Failure::usage("SZID_SECRET is not set"))?;
    let hash = Sha256::digest(&secret).into();
    with_store(data, async |store| {
        check_venue(store, &bearer).await?;
        let found = store.credential(hash).await?.filter(|found| found.bearer == bearer);
        found.ok_or(StoreError::NotFound)?;
        let withdraw = AdminChange::Withdraw(credential_id(&hash));
        store.administer(withdraw, Author::Offline, system::now()).await.map(drop)
    })
}

/// The venue of a device or of an operator must be registered.
async fn check_venue(store: &dyn Store, bearer: &Bearer) -> Result<(), StoreError> {
    match bearer {
        Bearer::Venue { venue, .. } | Bearer::Operator { venue, .. } => {
            store.venue(venue).await?.map(drop).ok_or(StoreError::NotFound)
        }
        Bearer::Registrar { .. } | Bearer::Administrator { .. } => Ok(()),
    }
}

/// Opens the register below a service's data folder for one piece of work, which its witness is told of.
pub(super) fn with_store<T>(
    data: &Path,
    work: impl AsyncFnOnce(&dyn Store) -> Result<T, StoreError>,
) -> Result<T, Failure> {
    let witness = witness_of(data);
    with_opened(data, async |store| {
        witness.check(store).await.map_err(|error| told_by_witness(&error))?;
        let done = work(store).await.map_err(|error| explained(&error))?;
        let updated = witness.update(store, system::now()).await;
        updated.map_err(|error| told_by_witness(&error))?;
        Ok(done)
    })
}

/// The same for work that only reads, and so for a register that is behind its witness, too.
pub(super) fn with_any_store<T>(
    data: &Path,
    work: impl AsyncFnOnce(&dyn Store) -> Result<T, StoreError>,
) -> Result<T, Failure> {
    with_opened(data, async |store| work(store).await.map_err(|error| explained(&error)))
}

pub(super) fn with_opened<T>(
    data: &Path,
    work: impl AsyncFnOnce(&EmbeddedStore) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(Failure::failed)?;
    runtime.block_on(async {
        let store = EmbeddedStore::open(&data.join("register"), &SystemEntropy);
        work(&store.map_err(|error| explained(&error))?).await
    })
}

/// The witness of the register below a service's data folder: where SZID_WITNESS says, as for the service, or beside it.
pub(super) fn witness_of(data: &Path) -> Witness {
    let named = std::env::var_os("SZID_WITNESS").map(PathBuf::from);
    named.map_or_else(|| Witness::beside(data), Witness::new)
}

/// A witness's error with its code.
pub(super) fn told_by_witness(error: &WitnessError) -> Failure {
    Failure::failed(format_args!("{} {error}", error.code()))
}

/// A store's error with its code, and as wrong usage where another folder would do.
pub(super) fn explained(error: &StoreError) -> Failure {
    let told = format!("{} {error}", error.code());
    match error {
        StoreError::InUse => Failure::failed(told + ": stop the service first"),
        StoreError::NoRegister(_) | StoreError::Occupied(_) => Failure::usage(told),
        _ => Failure::failed(told),
    }
}
