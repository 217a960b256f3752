//! Key files: the root's, and the service's with a public list of them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use szid_issuer::entropy::SystemEntropy;
use szid_issuer::keys::{FileSigner, KeyFileError, ServiceKeys};
use szid_issuer::master_key::MasterKey;
use szid_protocol::crypto::Signer;
use szid_protocol::key::PublicKey;
use szid_protocol::trust::Purpose;

use crate::{Failure, read_file, write_file};

/// Make the city's root key, on a machine that is never online.
///
/// Leaves root.pem, which stays there, and root.spki, which every wallet and venue is given.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct RootArgs {
    /// The folder for the files; made if it is missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Make the service's keys: for passes, status lists, scenes, time, venue codes and receipts, and the register's master key.
///
/// Also leaves public-keys.json, which goes to the offline machine for `szid admin trust`.
/// Losing register.key loses the register's names and numbers: keep a copy in a safe.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct KeysArgs {
    /// The folder for the files; made if it is missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Public keys by purpose, as they travel to the offline machine: DER SubjectPublicKeyInfo in base64.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PublicKeys {
    pass: String,
    status: String,
    scenes: String,
    time: String,
    venue: String,
    receipt: String,
}

impl PublicKeys {
    fn of(keys: &ServiceKeys) -> Result<Self, Failure> {
        let encode = |signer: &Arc<dyn Signer>| {
            let der = signer.public_key().to_spki_der().map_err(Failure::failed)?;
            Ok::<_, Failure>(BASE64.encode(&der))
        };
        Ok(Self {
            pass: encode(&keys.pass)?,
            status: encode(&keys.status)?,
            scenes: encode(&keys.scenes)?,
            time: encode(&keys.time)?,
            venue: encode(&keys.venue)?,
            receipt: encode(&keys.receipt)?,
        })
    }

    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        serde_json::from_slice(&read_file(path)?).map_err(|error| {
            Failure::usage(format_args!("{} holds no public keys: {error}", path.display()))
        })
    }

    /// The keys with their purposes.
    pub(super) fn decode(&self) -> Result<[(Purpose, PublicKey); 6], Failure> {
        let key = |text: &str| {
            let der = BASE64.decode(text.as_bytes()).map_err(Failure::usage)?;
            PublicKey::from_spki_der(&der).map_err(Failure::usage)
        };
        Ok([
            (Purpose::Pass, key(&self.pass)?),
            (Purpose::Status, key(&self.status)?),
            (Purpose::Scenes, key(&self.scenes)?),
            (Purpose::Time, key(&self.time)?),
            (Purpose::Venue, key(&self.venue)?),
            (Purpose::Receipt, key(&self.receipt)?),
        ])
    }
}

pub(super) fn make_root(args: &RootArgs) -> Result<ExitCode, Failure> {
    make_folder(&args.out)?;
    let root = make(&args.out.join("root.pem"))?;
    let der = root.public_key().to_spki_der().map_err(Failure::failed)?;
    write_file(&args.out.join("root.spki"), der)?;
    println!("根密钥已生成，请离线保存 root.pem · root key made: keep root.pem offline");
    Ok(ExitCode::SUCCESS)
}

pub(super) fn make_service_keys(args: &KeysArgs) -> Result<ExitCode, Failure> {
    make_folder(&args.out)?;
    let keys = ServiceKeys::try_from_names(|name| make(&key_file(&args.out, name)))?;
    let master = args.out.join("register.key");
    MasterKey::make(&master, &SystemEntropy).map_err(|error| at(&master, &error))?;
    let public = serde_json::to_string_pretty(&PublicKeys::of(&keys)?).map_err(Failure::failed)?;
    write_file(&args.out.join("public-keys.json"), public + "\n")?;
    println!("服务密钥已生成 · service keys made: {}", args.out.display());
    Ok(ExitCode::SUCCESS)
}

/// The service's signing keys, from their folder.
pub(crate) fn read_service_keys(folder: &Path) -> Result<ServiceKeys, Failure> {
    ServiceKeys::try_from_names(|name| read_signer(&key_file(folder, name)))
}

/// The key that wraps the register's data secret, from the same folder.
pub(crate) fn read_master_key(folder: &Path) -> Result<MasterKey, Failure> {
    let path = folder.join("register.key");
    MasterKey::read(&path).map_err(|error| at(&path, &error))
}

fn key_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).with_extension("pem")
}

pub(super) fn read_signer(path: &Path) -> Result<FileSigner, Failure> {
    FileSigner::read(path).map_err(|error| at(path, &error))
}

fn make(path: &Path) -> Result<FileSigner, Failure> {
    FileSigner::make(path, &SystemEntropy).map_err(|error| at(path, &error))
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path)
        .map_err(|error| Failure::usage(format_args!("cannot make {}: {error}", path.display())))
}

fn at(path: &Path, error: &KeyFileError) -> Failure {
    Failure::usage(format_args!("{}: {error}", path.display()))
}
